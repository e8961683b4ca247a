/** All paths of the HTTP server, and what holds for each of them: the guard, limits, headers, problems as RFC 9457. */
import { EventStore } from "@lastgood/core/log/EventStore"
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerRespondable from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { InternalServerErrorProblem } from "effect/http-api/HttpApiError"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Layer from "effect/Layer"
import { MetricsPage } from "../metrics/page.ts"
import { notFound } from "../pages/signIn.ts"
import { ActingLive } from "./acting.ts"
import { Api } from "./api/Api.ts"
import { BadRequest, MethodNotAllowed, NotFound, TooLarge, Unavailable } from "./api/problems.ts"
import { AccessLive, authorized, guard, ProblemsLive } from "./authorize.ts"
import { CommandsLive } from "./commands.ts"
import { Serving } from "./Daemon.ts"
import { DecidingLive } from "./deciding.ts"
import { page } from "./pages/respond.ts"
import { PagesLive, pagePaths } from "./pages.ts"
import { ReadingLive } from "./reading.ts"

/** No request of the API is larger than a few names. */
const mostBodyBytes = 64 * 1024

/** For a request that waits for a runtime or a remote. A stream has been answered by then. */
const deadline = "2 minutes"

/** Reads every byte of every snapshot. */
const verifyDeadline = "1 hour"
const isVerify = (url: string): boolean => /^\/api\/v1\/apps\/[^/]+\/verify(?:\?|$)/.test(url)

const problem = (error: HttpServerRespondable.Respondable) => HttpServerRespondable.toResponse(error)

/** A method that the path does not have is another answer than a path that does not exist. */
const paths = (() => {
  const found = [
    ...["/healthz", "/readyz", "/metrics", "/openapi.json"].map((path) => ({ method: "GET", path })),
    ...pagePaths
  ]
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => void found.push({ method: endpoint.method, path: endpoint.path })
  })
  return found.map(({ method, path }) => ({ method, shape: new RegExp(`^${path.replace(/:[a-z]+/g, "[^/]+")}$`) }))
})()

const methodsOf = (url: string): ReadonlyArray<string> => {
  const path = url.split("?")[0] ?? ""
  return paths.filter(({ shape }) => shape.test(path)).map(({ method }) => method)
}

const notThere = Effect.gen(function* () {
  const { headers, method, url } = yield* HttpServerRequest
  const methods = methodsOf(url)
  if (methods.length === 0 && method === "GET" && headers["accept"]?.includes("text/html")) {
    return page("Nothing here", notFound("at this address"), { status: 404 })
  }
  if (methods.length === 0 || methods.includes(method)) return yield* problem(new NotFound({ detail: "no such path" }))
  const allow = methods.join(", ")
  const response = yield* problem(new MethodNotAllowed({ detail: `the path has ${allow}` }))
  return HttpServerResponse.setHeader(response, "allow", allow)
})

const reasonIn = (cause: Cause.Cause<unknown>) => {
  const [first] = cause.reasons
  const error =
    first === undefined || Cause.isInterruptReason(first)
      ? null
      : Cause.isFailReason(first)
        ? first.error
        : first.defect
  return error
}

/** What went wrong outside of a handler is a problem too. A bug is logged, and its text stays here. */
const asProblem = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    const error = reasonIn(cause)
    if (error === null) return yield* Effect.failCause(cause as Cause.Cause<never>)
    if (error instanceof HttpServerError) {
      const { reason } = error
      if (reason._tag === "RouteNotFound") return yield* notThere
      if (reason._tag === "RequestParseError") {
        const isLarge = reason.reason === "BodyTooLarge"
        if (isLarge) return yield* problem(new TooLarge({ detail: `a request has at most ${mostBodyBytes} bytes` }))
        return yield* problem(new BadRequest({ detail: "the request cannot be read" }))
      }
    }
    if (HttpServerRespondable.isRespondable(error)) return yield* problem(error)
    yield* Effect.logError("an HTTP request failed: this is a bug in lastgood", cause)
    return yield* problem(new InternalServerErrorProblem())
  })

/** Errors without a body, or as plain text, come from the library. */
const withBody = (response: HttpServerResponse.HttpServerResponse) => {
  const { headers, status } = response
  const isOwn = /^(?:application\/problem\+json|text\/html)/.test(headers["content-type"] ?? "")
  if (status < 400 || isOwn) return response
  const title = status === 415 ? "Unsupported Media Type" : status === 413 ? "Content Too Large" : "Error"
  return HttpServerResponse.jsonUnsafe(
    { type: "about:blank", title, status },
    { status, contentType: "application/problem+json" }
  )
}

const withHeaders = (response: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // A page says for itself what it may load.
    ...response.headers,
    ...(response.status === 401 ? { "www-authenticate": 'Bearer realm="lastgood"' } : {})
  })

const healthz = HttpRouter.add("GET", "/healthz", Effect.succeed(HttpServerResponse.text("ok\n")))

/** Whether the log can be read, without which nothing works. */
const readyz = HttpRouter.add(
  "GET",
  "/readyz",
  Effect.gen(function* () {
    const { daemon } = yield* Serving
    const head = Effect.flatMap(EventStore, (store) => store.head).pipe(Effect.provide(Layer.fresh(daemon.reading)))
    return yield* head.pipe(
      Effect.as(HttpServerResponse.text("ok\n")),
      Effect.catch(() =>
        problem(new Unavailable({ detail: "the log cannot be read", next: "read the daemon's own log" }))
      )
    )
  })
)

const metrics = HttpRouter.add(
  "GET",
  "/metrics",
  Effect.gen(function* () {
    yield* authorized
    const text = yield* (yield* MetricsPage).text
    return HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
  })
)

const openapi = HttpRouter.add(
  "GET",
  "/openapi.json",
  Effect.andThen(
    authorized,
    Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api)))
  )
)

export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide([ReadingLive, DecidingLive, ActingLive]),
    Layer.provide([AccessLive, ProblemsLive])
  ),
  healthz,
  readyz,
  metrics,
  openapi,
  CommandsLive,
  PagesLive
)

/** The whole of an answer, for each request. Never fails, except by interruption. */
export const answered = <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.flatMap(HttpServerRequest, ({ url }) =>
    Effect.andThen(guard, app).pipe(
      Effect.timeoutOrElse({
        duration: isVerify(url) ? verifyDeadline : deadline,
        orElse: () => Effect.fail(new Unavailable({ detail: "it took too long", next: "try again later" }))
      })
    )
  ).pipe(
    Effect.catchCause(asProblem),
    Effect.map((response) => withHeaders(withBody(response))),
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(mostBodyBytes))
  )
