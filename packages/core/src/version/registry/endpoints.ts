/**
 * Where a repository is read: at the engine's mirrors of Docker Hub, then at its registry. By https; by http only on this
 * host, and where the engine's settings say so (`insecure-registries`), because the engine pulls that way.
 */
import * as Effect from "effect/Effect"
import { type Certificates, certificatesFor, engineSettings } from "./DockerFiles.ts"
import { ask } from "./http.ts"
import { isInsecure } from "./insecure.ts"
import { endpointHost, type ImageRepository, isHub, isLoopback, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"

export interface Endpoint {
  /** With scheme. */
  readonly origin: string
  /** Whose credentials are sent to it. LAW-12: a mirror does not get those of Docker Hub. */
  readonly registry: string
  readonly certificates: Certificates
}

const certificatesOf = (repository: ImageRepository, host: string) =>
  Effect.mapError(
    certificatesFor(host),
    ({ message, next }) =>
      new RegistryError({ image: repositoryText(repository), kind: "invalid", reason: message, next })
  )

/** Docker asks these by https first as well. */
const perhapsPlain = Effect.fnUntraced(function* (registry: string, host: string, certificates: Certificates) {
  const url = new URL(`https://${host}/v2/`)
  const probe = yield* Effect.result(ask({ url, method: "GET", headers: {}, maxBytes: 64 * 1024, certificates }))
  const why = probe._tag === "Failure" ? probe.failure.why : null
  // A registry without TLS and without a port listens at 80.
  const isPlain = why === "plain" || (why === "network" && certificates.areUnchecked)
  const endpoint: Endpoint = { origin: `${isPlain ? "http" : "https"}://${host}`, registry, certificates }
  return endpoint
})

const own = Effect.fnUntraced(function* (repository: ImageRepository, insecure: ReadonlyArray<string>) {
  const host = endpointHost(repository)
  const { registry } = repository
  const areUnchecked = isInsecure(host, insecure)
  const certificates = { ...(yield* certificatesOf(repository, host)), areUnchecked }
  if (areUnchecked || isLoopback(host)) return yield* perhapsPlain(registry, host, certificates)
  const endpoint: Endpoint = { origin: `https://${host}`, registry, certificates }
  return endpoint
})

const mirrorsOf = (repository: ImageRepository, mirrors: ReadonlyArray<string>, insecure: ReadonlyArray<string>) =>
  Effect.forEach(
    (isHub(repository) ? mirrors : [])
      .flatMap((text) => URL.parse(text) ?? [])
      .filter(({ host, protocol }) => protocol === "https:" || isLoopback(host) || isInsecure(host, insecure)),
    ({ host, origin }) =>
      Effect.map(
        certificatesOf(repository, host),
        (certificates): Endpoint => ({
          origin,
          registry: host,
          certificates: { ...certificates, areUnchecked: isInsecure(host, insecure) }
        })
      )
  )

/** In the order in which the engine asks them. */
export const endpointsFor = Effect.fnUntraced(function* (repository: ImageRepository) {
  const { insecure, mirrors } = yield* engineSettings
  return [...(yield* mirrorsOf(repository, mirrors, insecure)), yield* own(repository, insecure)]
})
