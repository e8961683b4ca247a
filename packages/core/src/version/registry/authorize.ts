/** Answers a registry's challenge. LAW-12: errors contain neither tokens nor passwords. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Challenge } from "./Challenge.ts"
import { type Credentials, secretsOf } from "./credentials.ts"
import type { Certificates } from "./DockerFiles.ts"
import { type Answer, ask, type RequestFailed, saidIn } from "./http.ts"
import { type ImageRepository, isLoopback, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"

const Token = Schema.fromJsonString(
  Schema.Struct({ token: Schema.optionalKey(Schema.String), access_token: Schema.optionalKey(Schema.String) })
)

const tokenBytes = 256 * 1024

const basic = (user: string, password: Redacted.Redacted): string =>
  `Basic ${Buffer.from(`${user}:${Redacted.value(password)}`).toString("base64")}`

export const loginFor = ({ registry }: ImageRepository): string =>
  `log in on this host, as the user who runs lastgood: docker login${registry === "docker.io" ? "" : ` ${registry}`}`

export interface Asking {
  readonly repository: ImageRepository
  /** Of the registry, or of the mirror. */
  readonly origin: string
  readonly credentials: Credentials | null
  readonly certificates: Certificates
}

/** The URL for tokens. Only a registry that has no TLS itself may name one without, and only on its own host. */
const realmOf = (realm: string, origin: string): URL | null => {
  const [url, own] = [URL.parse(realm), new URL(origin)]
  if (url === null || url.username !== "" || url.password !== "") return null
  if (url.protocol === "https:") return url
  const isOwn = url.hostname === own.hostname || (isLoopback(url.host) && isLoopback(own.host))
  return url.protocol === "http:" && own.protocol === "http:" && isOwn ? url : null
}

const requestToken = (
  { realm, service }: Extract<Challenge, { _tag: "Bearer" }>,
  url: URL,
  scope: string,
  { certificates: known, credentials, origin }: Asking
): Effect.Effect<Answer, RequestFailed> => {
  // An unchecked certificate is the registry's own affair.
  const areUnchecked = known.areUnchecked && url.hostname === new URL(origin).hostname
  const common = { maxBytes: tokenBytes, certificates: { ...known, areUnchecked } }
  const named = { ...(service === null ? {} : { service }), scope }
  if (credentials?._tag === "Identity") {
    const body = new URLSearchParams({
      ...named,
      grant_type: "refresh_token",
      client_id: "lastgood",
      refresh_token: Redacted.value(credentials.token)
    })
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    return ask({ ...common, url, method: "POST", headers, body: body.toString() })
  }
  const asked = new URL(realm)
  for (const [name, value] of Object.entries(named)) asked.searchParams.set(name, value)
  const headers = credentials === null ? undefined : { authorization: basic(credentials.user, credentials.password) }
  return ask({ ...common, url: asked, method: "GET", headers: headers ?? {} })
}

/** @returns the value of the header `Authorization`. */
export const authorize = Effect.fn("Registry.authorize")(function* (challenge: Challenge, asking: Asking) {
  const { credentials, repository } = asking
  const image = repositoryText(repository)
  const denied = (reason: string) => new RegistryError({ image, kind: "denied", reason, next: loginFor(repository) })
  if (challenge._tag === "Basic") {
    if (credentials?._tag !== "Password") return yield* denied("it asks for a user and a password, and docker has none")
    return basic(credentials.user, credentials.password)
  }
  const url = realmOf(challenge.realm, asking.origin)
  if (url === null) {
    return yield* new RegistryError({
      image,
      kind: "invalid",
      reason: "its address for tokens is not an https URL",
      next: "see whether it is the registry that you mean"
    })
  }
  // The scope that the registry names may allow more than reading.
  const scope = `repository:${repository.path}:pull`
  const answer = yield* requestToken(challenge, url, scope, asking).pipe(
    Effect.mapError(
      ({ reason }) =>
        new RegistryError({
          image,
          kind: "away",
          reason: `no token from ${url.host}: ${reason}`,
          next: "see whether this host reaches it; lastgood tries again by itself"
        })
    )
  )
  if (answer.status === 401 || answer.status === 403) {
    const said = saidIn(answer.body, secretsOf(credentials))
    return yield* denied(
      `${url.host} ${credentials === null ? "requires a login" : "does not accept docker's credentials"}${said === "" ? "" : `: ${said}`}`
    )
  }
  if (answer.status !== 200) {
    return yield* new RegistryError({
      image,
      kind: answer.status === 429 ? "busy" : "away",
      reason: `no token from ${url.host}: status ${answer.status}`,
      next: "wait: lastgood tries again by itself"
    })
  }
  const decoded = Schema.decodeUnknownResult(Token)(answer.body.toString())
  const token = Result.isSuccess(decoded) ? (decoded.success.token ?? decoded.success.access_token) : undefined
  if (token === undefined || !/^[!-~]+$/.test(token)) {
    return yield* new RegistryError({
      image,
      kind: "invalid",
      reason: `${url.host} answers what is not a token`,
      next: "see whether it is the registry that you mean"
    })
  }
  return `Bearer ${token}`
})
