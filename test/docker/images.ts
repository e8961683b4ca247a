/** The images that the Docker tests run. Made once per host, by whoever comes first. */
import { fileURLToPath } from "node:url"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"

export const busyboxImage = "lastgood-test/busybox:1"
/** Declares `VOLUME /data`. */
export const volumeImage = "lastgood-test/volume:1"
export const postgresImage = "lastgood-test/postgres:15"

const script = fileURLToPath(new URL("build-images.sh", import.meta.url))

/** Builds what is missing; `postgres` takes minutes and root the first time. */
export const ensureImages = (...images: ReadonlyArray<"busybox" | "postgres">) =>
  Effect.asVoid(run(script, images, { timeoutMs: 15 * 60_000 }))
