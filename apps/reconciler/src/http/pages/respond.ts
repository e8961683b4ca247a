/** How pages are sent, and to whom. */
import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Html } from "../../pages/html.ts"
import { type Live, pageHeaders, pageText } from "../../pages/layout.ts"
import { signIn, unavailable } from "../../pages/signIn.ts"
import { authorized } from "../authorize.ts"

const host = hostname()

interface Sent {
  readonly status?: number
  /** What the page follows; absent: it stays as it is. */
  readonly live?: Live
}

export const page = (title: string, body: Html, { live, status = 200 }: Sent = {}) =>
  HttpServerResponse.text(pageText({ title, body, host, live: live ?? null }), {
    status,
    contentType: "text/html; charset=utf-8",
    headers: pageHeaders
  })

/** lastgood's own files cannot be read now. */
export const down = ({ message, next }: { readonly message: string; readonly next: string }) =>
  Effect.succeed(page("Not available", unavailable(message, next), { status: 503 }))

/** Only for whoever may read; others are told how to. */
export const forReaders = <E, R>(work: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.andThen(authorized, work).pipe(
    Effect.catchTag("Unauthorized", () => Effect.succeed(page("Sign in", signIn(false), { status: 401 })))
  )

/** The parameters of the request's address. */
export const parameters = Effect.map(HttpServerRequest, ({ url }) => new URL(url, "http://localhost").searchParams)
