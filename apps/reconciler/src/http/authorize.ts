/** Refuses a request without the token. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Connection, isAllowed, refusalOf } from "./access.ts"
import { Access } from "./api/Api.ts"
import { Forbidden, Unauthorized } from "./api/problems.ts"
import { Serving, Via } from "./Daemon.ts"
import { readTicket, sessionIn } from "./sessions.ts"
import { tokenFile } from "./token.ts"

const connection = Effect.gen(function* () {
  const { remoteAddress } = yield* HttpServerRequest
  const found: Connection = { kind: yield* Via, peer: Option.getOrNull(remoteAddress) }
  return found
})

const bearerOf = (header: string | undefined): string => /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? ""

/** The rules that hold whatever the token: for every path. */
export const guard = Effect.gen(function* () {
  const why = refusalOf(yield* HttpServerRequest, yield* connection)
  if (why !== null) return yield* new Forbidden({ detail: why })
})

/** @param given the bearer token of the request. */
export const authorize = Effect.fnUntraced(function* (given: string) {
  const { daemon, readOpen, token } = yield* Serving
  const request = yield* HttpServerRequest
  const session = sessionIn(request.headers["cookie"])
  const hasSession = session !== null && readTicket(token, "session", session, yield* Clock.currentTimeMillis) !== null
  if (isAllowed(request, yield* connection, given, { token, readOpen, hasSession })) return
  return yield* new Unauthorized({
    detail: given === "" ? "the request has no token" : "the token is wrong",
    next: `send the header \`Authorization: Bearer <token>\` with the token of ${tokenFile(daemon.root)}`
  })
})

/** For paths outside of the API. */
export const authorized = Effect.flatMap(HttpServerRequest, ({ headers }) =>
  authorize(bearerOf(headers["authorization"]))
)

export const AccessLive = Layer.effect(
  Access,
  Effect.map(Serving, (serving) =>
    Access.of({
      bearer: (work, { credential }) =>
        Effect.andThen(authorize(Redacted.value(credential)).pipe(Effect.provideService(Serving, serving)), work)
    })
  )
)

export const ProblemsLive = HttpApiMiddleware.layerProblemDetails({ includeDetails: true })
