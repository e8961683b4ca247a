/** Requests to one repository: with credentials if the registry asks for them, and repeated if it is away or busy. */
import { createHash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { redact } from "../../secrets/Redact.ts"
import { authorize, loginFor } from "./authorize.ts"
import { parseChallenge } from "./Challenge.ts"
import { credentialsFor, secretsOf } from "./credentials.ts"
import { type Endpoint, endpointsFor } from "./endpoints.ts"
import { type Answer, ask, type Question, type RequestFailed } from "./http.ts"
import { type ImageRepository, isLoopback, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"
import { answered, assertHeard, leaveAlone } from "./silence.ts"
import { troubleOf, unreachable } from "./trouble.ts"

export interface RegistryRequest {
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

/**
 * Follows redirects. Another host does not get the credentials (RFC 9110, 15.4).
 *
 * @returns the answer, and the origin that it is from.
 */
const follow = Effect.fnUntraced(function* (question: Question) {
  let { url, headers } = question
  for (let hops = 0; ; hops++) {
    const answer = yield* ask({ ...question, url, headers })
    const location = answer.headers.location
    const found = { answer, from: url.origin }
    if (answer.status < 301 || answer.status > 308 || location === undefined || hops === mostRedirects) return found
    const next = URL.parse(location, url.href)
    const mayBePlain = url.protocol === "http:" && next !== null && (isLoopback(next.host) || next.host === url.host)
    if (next === null || !(next.protocol === "https:" || (next.protocol === "http:" && mayBePlain))) return found
    const { authorization: _, ...rest } = headers
    if (next.host !== url.host) headers = rest
    url = next
  }
})

/** Shared by the requests to one repository. */
interface Session {
  authorization: string | null
  /** LAW-12: what the registry was told, or will be. */
  secrets: ReadonlyArray<string>
}

/** LAW-12: a registry may repeat what it was told anywhere in its answer, such as in the host that it redirects to. */
const withoutSecretsOf = ({ secrets }: Session, error: RegistryError): RegistryError =>
  secrets.length === 0 ? error : new RegistryError({ ...error, reason: redact(error.reason, secrets) })

const once = Effect.fnUntraced(function* (
  repository: ImageRepository,
  endpoint: Endpoint,
  session: Session,
  wanted: RegistryRequest
) {
  const { certificates, origin, registry } = endpoint
  const image = repositoryText(repository)
  const url = new URL(wanted.path, `${origin}/v2/${repository.path}/`)
  if (url.origin !== origin || !url.pathname.startsWith("/v2/")) {
    return yield* new RegistryError({
      image,
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
    certificates
  })
  const failed = (error: RequestFailed) => unreachable(repository, origin, error)
  const { answer: first, from } = yield* Effect.mapError(follow(question(session.authorization)), failed)
  const challenge = first.status === 401 ? parseChallenge(first.headers["www-authenticate"] ?? "") : null
  if (challenge === null) return first
  const credentials = yield* Effect.mapError(
    credentialsFor(registry),
    ({ message, next }) => new RegistryError({ image, kind: "denied", reason: message, next })
  )
  session.secrets = secretsOf(credentials)
  // LAW-12: whom it redirects to does not say where the registry's credentials are sent.
  if (from !== origin) {
    return yield* new RegistryError({
      image,
      kind: "denied",
      reason: `it redirects to ${from}, which requires a login`,
      next: `${loginFor(repository)}; or name the image of that registry`
    })
  }
  session.authorization = yield* authorize(challenge, { repository, origin, credentials, certificates })
  session.secrets = [...session.secrets, session.authorization.replace(/^\w+ /, "")]
  return (yield* Effect.mapError(follow(question(session.authorization)), failed)).answer
})

/** Repeats a request after a temporary failure: after the time that the registry names, otherwise with growing pauses. */
const patiently = Effect.fnUntraced(function* (
  repository: ImageRepository,
  endpoint: Endpoint,
  session: Session,
  wanted: RegistryRequest
) {
  const { origin } = endpoint
  for (let attempt = 1; ; attempt++) {
    yield* assertHeard(repository, origin)
    const begun = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(
      Effect.gen(function* () {
        const answer = yield* once(repository, endpoint, session, wanted)
        const trouble = troubleOf(repository, answer, yield* Clock.currentTimeMillis, session.secrets)
        return trouble === null ? answer : yield* trouble
      })
    )
    if (result._tag === "Success") {
      yield* answered(origin)
      return result.success
    }
    const failure = withoutSecretsOf(session, result.failure)
    const pause = failure.retryAfterMs ?? firstPauseMs * 2 ** (attempt - 1)
    const tookMs = (yield* Clock.currentTimeMillis) - begun
    const mayPass = failure.kind === "away" || failure.kind === "busy"
    if (!mayPass || attempt === attempts || pause > longestPauseMs || tookMs > longestPauseMs) {
      return yield* yield* leaveAlone(repository, origin, failure)
    }
    yield* Effect.sleep(pause)
  }
})

export type Connection = (wanted: RegistryRequest) => Effect.Effect<Answer, RegistryError>

/** Asks the mirrors first, as the engine does. A mirror that fails is skipped. */
export const connect = Effect.fn("Registry.connect")(function* (repository: ImageRepository) {
  const endpoints = (yield* endpointsFor(repository)).map((endpoint) => {
    const session: Session = { authorization: null, secrets: [] }
    return (wanted: RegistryRequest) => patiently(repository, endpoint, session, wanted)
  })
  const connection: Connection = (wanted) => Effect.firstSuccessOf(endpoints.map((endpoint) => endpoint(wanted)))
  return connection
})

export const digestOf = (body: Buffer): string => `sha256:${createHash("sha256").update(body).digest("hex")}`
