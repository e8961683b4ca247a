/** What an answer of a registry, or its absence, means. Pure. */
import { loginFor } from "./authorize.ts"
import { type Answer, type RequestFailed, saidIn } from "./http.ts"
import { type ImageRepository, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"

/** A registry cannot ask for a longer pause. Its number may even be too large for a time. */
export const longestPauseMs = 6 * 3_600_000

/** The pause that an answer asks for; null: none. */
const retryAfter = ({ headers }: Answer, now: number): number | null => {
  const header = headers["retry-after"]
  if (header === undefined) return null
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), longestPauseMs) : null
}

/**
 * @param now epoch milliseconds.
 * @param secrets that were sent to the registry, which its message may repeat.
 * @returns null if the status is not an error.
 */
export const troubleOf = (
  repository: ImageRepository,
  answer: Answer,
  now: number,
  secrets: ReadonlyArray<string> = []
): RegistryError | null => {
  const { status } = answer
  if (status === 200) return null
  const image = repositoryText(repository)
  const said = saidIn(answer.body, secrets)
  const words = said === "" ? `status ${status}` : `status ${status}, ${said}`
  if (status === 401 || status === 403) {
    return new RegistryError({
      image,
      kind: "denied",
      reason: `it does not let docker's user read the image (${words})`,
      next: `${loginFor(repository)}; or correct the name of the image`
    })
  }
  if (status === 404) {
    return new RegistryError({
      image,
      kind: "missing",
      reason: `it has no such image (${words})`,
      next: "correct the name of the image, or its tag"
    })
  }
  if (status === 429) {
    const wait = retryAfter(answer, now)
    return new RegistryError({
      image,
      kind: "busy",
      reason: `it limits how often it may be asked (${words})`,
      next: `wait: lastgood tries again by itself. Most registries allow more to users: ${loginFor(repository)}`,
      ...(wait === null ? {} : { retryAfterMs: wait })
    })
  }
  return new RegistryError({
    image,
    kind: status >= 500 ? "away" : "invalid",
    reason: `it answers with ${words}`,
    next: status >= 500 ? "wait: lastgood tries again by itself" : "see whether it is the registry that you mean"
  })
}

export const unreachable = (
  repository: ImageRepository,
  origin: string,
  { reason, why }: RequestFailed
): RegistryError => {
  const image = repositoryText(repository)
  const host = origin.replace(/^https?:\/\//, "")
  switch (why) {
    case "certificate":
      return new RegistryError({
        image,
        kind: "invalid",
        reason: `the certificate of ${host} is not trusted: ${reason}`,
        next: `put the certificate of its authority where the engine looks for it: /etc/docker/certs.d/${host}/ca.crt`
      })
    case "plain":
      return new RegistryError({
        image,
        kind: "invalid",
        reason: `${host} does not speak TLS, and lastgood speaks http to this host (127.0.0.1) only`,
        next: "give the registry a certificate; or name it in insecure-registries of /etc/docker/daemon.json, as the engine needs it too"
      })
    case "size":
      return new RegistryError({ image, kind: "invalid", reason: `${host}: ${reason}`, next: "see what answers there" })
    case "network":
    case "time":
      return new RegistryError({
        image,
        kind: "away",
        reason: `${host} does not answer: ${reason}`,
        next: "see whether this host reaches it; lastgood tries again by itself"
      })
  }
}
