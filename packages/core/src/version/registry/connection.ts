/**
 * Requests to one repository: by https (by http only on this host), with credentials if the registry asks for them,
 * repeated later if it asks for that, and through the engine's mirrors.
 */
import { createHash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { iso } from "../../domain/time.ts"
import { authorize, loginFor } from "./authorize.ts"
import { parseChallenge } from "./Challenge.ts"
import { credentialsFor } from "./credentials.ts"
import { certificatesFor, hubMirrors } from "./DockerFiles.ts"
import { type Answer, ask, type Question, type RequestFailed, saidIn } from "./http.ts"
import { endpointHost, isHub, isLoopback, type Repository, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"

export interface Ask {
  readonly method: "GET" | "HEAD"
  /** Relative to `/v2/<repository>/`, or a URL of the same registry. */
  readonly path: string
  readonly accept: string
  readonly maxBytes: number
}

const attempts = 4
const firstPauseMs = 500
/** If a registry asks for a longer pause, the next pass asks it again. */
const longestPauseMs = 20_000
const mostRedirects = 5

const retryAfter = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

interface Endpoint {
  /** With scheme. */
  readonly origin: string
  readonly certificates: Question["certificates"]
}

/** null: the status is not an error. */
const troubleOf = (repository: Repository, answer: Answer, now: number): RegistryError | null => {
  const { status } = answer
  if (status === 200) return null
  const image = repositoryText(repository)
  const said = saidIn(answer.body)
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
    const wait = retryAfter(answer.headers["retry-after"], now)
    return new RegistryError({
      image,
      kind: "busy",
      // A time instead of a duration, so that the error stays the same and is reported once.
      reason: `it limits how often it may be asked (${words})${wait === null ? "" : `, until ${iso(now + wait)}`}`,
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

const unreachable = (repository: Repository, origin: string, { why, reason }: RequestFailed): RegistryError => {
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
        next: "give the registry a certificate"
      })
    case "size":
      return new RegistryError({ image, kind: "invalid", reason: `${host}: ${reason}`, next: "see what answers there" })
    case "network":
      return new RegistryError({
        image,
        kind: "away",
        reason: `${host} does not answer: ${reason}`,
        next: "see whether this host reaches it; lastgood tries again by itself"
      })
  }
}

/** Follows redirects. Another host does not get the credentials (RFC 9110, 15.4). */
const follow = Effect.fnUntraced(function* (question: Question) {
  let { url, headers } = question
  for (let hops = 0; ; hops++) {
    const answer = yield* ask({ ...question, url, headers })
    const location = answer.headers.location
    if (answer.status < 301 || answer.status > 308 || location === undefined || hops === mostRedirects) return answer
    const next = URL.parse(location, url.href)
    const isSafe =
      next?.protocol === "https:" || (next?.protocol === "http:" && url.protocol === "http:" && isLoopback(next.host))
    if (next === null || !isSafe) return answer
    const { authorization: _, ...rest } = headers
    if (next.host !== url.host) headers = rest
    url = next
  }
})

/** Shared by the requests to one repository. */
interface Session {
  authorization: string | null
}

const once = Effect.fnUntraced(function* (repository: Repository, endpoint: Endpoint, session: Session, wanted: Ask) {
  const base = `${endpoint.origin}/v2/${repository.path}/`
  const url = new URL(wanted.path, base)
  if (url.origin !== endpoint.origin || !url.pathname.startsWith("/v2/")) {
    return yield* new RegistryError({
      image: repositoryText(repository),
      kind: "invalid",
      reason: "it sends to another registry for the rest of its answer",
      next: "see whether it is the registry that you mean"
    })
  }
  const question = (authorization: string | null): Question => ({
    url,
    method: wanted.method,
    headers: { accept: wanted.accept, ...(authorization === null ? {} : { authorization }) },
    maxBytes: wanted.maxBytes,
    certificates: endpoint.certificates
  })
  const failed = (error: RequestFailed) => unreachable(repository, endpoint.origin, error)
  const first = yield* Effect.mapError(follow(question(session.authorization)), failed)
  const challenge = first.status === 401 ? parseChallenge(first.headers["www-authenticate"] ?? "") : null
  if (challenge === null) return first
  const credentials = yield* Effect.mapError(
    credentialsFor(repository.registry),
    ({ message, next }) =>
      new RegistryError({ image: repositoryText(repository), kind: "denied", reason: message, next })
  )
  const { certificates } = endpoint
  session.authorization = yield* authorize(challenge, { repository, credentials, certificates })
  return yield* Effect.mapError(follow(question(session.authorization)), failed)
})

/** When a registry may be asked again, by its origin, for all apps and all passes of the daemon. */
const busyUntil = new Map<string, number>()
/** A registry cannot ask for a longer pause. */
const longestSilenceMs = 6 * 3_600_000

const assertFree = Effect.fnUntraced(function* (repository: Repository, { origin }: Endpoint) {
  const until = busyUntil.get(origin) ?? 0
  const wait = until - (yield* Clock.currentTimeMillis)
  if (wait <= 0) return
  return yield* new RegistryError({
    image: repositoryText(repository),
    kind: "busy",
    reason: `it limits how often it may be asked (status 429), until ${iso(until)}`,
    next: `wait: lastgood tries again by itself. Most registries allow more to users: ${loginFor(repository)}`,
    retryAfterMs: wait
  })
})

/** Repeats a request after a temporary failure: after the time that the registry names, otherwise with growing pauses. */
const patiently = Effect.fnUntraced(function* (
  repository: Repository,
  endpoint: Endpoint,
  session: Session,
  wanted: Ask
) {
  yield* assertFree(repository, endpoint)
  for (let attempt = 1; ; attempt++) {
    const result = yield* Effect.result(
      Effect.gen(function* () {
        const answer = yield* once(repository, endpoint, session, wanted)
        const trouble = troubleOf(repository, answer, yield* Clock.currentTimeMillis)
        return trouble === null ? answer : yield* trouble
      })
    )
    if (result._tag === "Success") return result.success
    const { failure } = result
    const pause = failure.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1)
    if (failure.kind === "busy" && pause > longestPauseMs) {
      busyUntil.set(endpoint.origin, (yield* Clock.currentTimeMillis) + Math.min(pause, longestSilenceMs))
    }
    const mayPass = failure.kind === "away" || failure.kind === "busy"
    if (!mayPass || attempt === attempts || pause > longestPauseMs) return yield* failure
    yield* Effect.sleep(pause)
  }
})

const certificatesOf = (repository: Repository, host: string) =>
  Effect.mapError(
    certificatesFor(host),
    ({ message, next }) =>
      new RegistryError({ image: repositoryText(repository), kind: "invalid", reason: message, next })
  )

/** A registry on this host that does not speak TLS is asked by http, as docker does. */
const loopback = Effect.fnUntraced(function* (repository: Repository, host: string) {
  const certificates = yield* certificatesOf(repository, host)
  const url = new URL(`https://${host}/v2/`)
  const probe = yield* Effect.result(ask({ url, method: "GET", headers: {}, maxBytes: 64 * 1024, certificates }))
  const isPlain = probe._tag === "Failure" && probe.failure.why === "plain"
  const endpoint: Endpoint = { origin: `${isPlain ? "http" : "https"}://${host}`, certificates }
  return endpoint
})

const own = Effect.fnUntraced(function* (repository: Repository) {
  const host = endpointHost(repository)
  if (isLoopback(host)) return yield* loopback(repository, host)
  const endpoint: Endpoint = { origin: `https://${host}`, certificates: yield* certificatesOf(repository, host) }
  return endpoint
})

const mirrors = Effect.fnUntraced(function* (repository: Repository) {
  if (!isHub(repository)) return []
  const urls = (yield* hubMirrors).flatMap((text) => URL.parse(text) ?? [])
  return yield* Effect.forEach(
    urls.filter(({ host, protocol }) => protocol === "https:" || isLoopback(host)),
    ({ host, origin }) =>
      Effect.map(certificatesOf(repository, host), (certificates): Endpoint => ({ origin, certificates }))
  )
})

export type Connection = (wanted: Ask) => Effect.Effect<Answer, RegistryError>

/** Asks the mirrors first, as the engine does. A mirror that fails is skipped. */
export const connect = Effect.fn("Registry.connect")(function* (repository: Repository) {
  const endpoints = [...(yield* mirrors(repository)), yield* own(repository)].map((endpoint) => {
    const session: Session = { authorization: null }
    return (wanted: Ask) => patiently(repository, endpoint, session, wanted)
  })
  const connection: Connection = (wanted) => Effect.firstSuccessOf(endpoints.map((endpoint) => endpoint(wanted)))
  return connection
})

export const digestOf = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`
