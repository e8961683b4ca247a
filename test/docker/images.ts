/** The images that the Docker tests run. The first test that needs them builds them, once per host. */
import { fileURLToPath } from "node:url"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

export const busyboxImage = "lastgood-test/busybox:1"
/** Declares `VOLUME /data`. */
export const volumeImage = "lastgood-test/volume:1"
/** A host without Node. */
export const hostImage = "lastgood-test/host:12"
/** The same with systemd. */
export const systemdImage = "lastgood-test/systemd:12"
/** What lastgood's own image is made from. */
export const baseImage = "lastgood-test/debian:13"
export const postgresImage = "lastgood-test/postgres:15-2"

export const mariadbImage = "lastgood-test/mariadb:10"
export const redisImage = "lastgood-test/redis:7"
export const keycloakImage = (version: "26.0.0" | "26.4.7") => `lastgood-test/keycloak:${version}`

const script = fileURLToPath(new URL("build-images.sh", import.meta.url))

type Image = "busybox" | "host" | "systemd" | "debian13" | "postgres" | "mariadb" | "redis" | "keycloak"

/** On the engine that the test talks to, by the proxy and the registries that are set for the machine. */
const environment = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/** Builds what is missing; servers take minutes and root the first time, Keycloak a download. */
export const ensureImages = (...images: ReadonlyArray<Image>) =>
  Effect.asVoid(run(script, images, { timeoutMs: 15 * 60_000, env: environment() }))

/** Builds Keycloak's images where they are missing. @returns why they cannot be; null: they are there. */
export const buildKeycloak = (): Promise<string | null> =>
  ensureImages("keycloak").pipe(
    Effect.match({ onFailure: ({ message }) => message, onSuccess: () => null }),
    Effect.runPromise
  )
