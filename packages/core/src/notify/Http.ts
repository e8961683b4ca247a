/**
 * Adapter: messages over HTTP, by Effect's client over fetch. Loaded when something is to be sent, because loading it takes
 * longer than most commands run.
 *
 * Redirects are not followed, so that a token or a password never goes to another host. Requests are not traced: their URLs
 * contain secrets.
 */
import { STATUS_CODES } from "node:http"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import type { Message } from "../domain/message.ts"
import { problemOf } from "../health/problem.ts"
import { NotSent } from "./NotSent.ts"
import type { Exchange, HttpRequest, HttpTarget } from "./Target.ts"
import { unverifiedFetch } from "./unverifiedFetch.ts"

/** How much of an answer is read. */
const mostBytes = 256 * 1024

const toRequest = ({ body, headers, method, url }: HttpRequest) => {
  const request = HttpClientRequest.make(method as "POST")(url, {
    headers: { "user-agent": "lastgood", accept: "*/*", ...headers }
  })
  return body === null
    ? request
    : HttpClientRequest.bodyText(request, body, headers["content-type"] ?? "application/json")
}

/** The innermost cause: fetch itself only says that it failed. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : error

const notReached = ({ reason }: HttpClientError.HttpClientError) =>
  // Deno's messages contain the URL.
  new NotSent({ reason: "", said: problemOf(causeOf(reason)).replaceAll(/\(?\b\w+:\/\/\S+/g, "the server") })

const readBody = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const chunks: Array<Uint8Array> = []
  let size = 0
  yield* Stream.runForEachWhile(response.stream, (chunk) =>
    Effect.sync(() => {
      chunks.push(chunk)
      size += chunk.length
      return size < mostBytes
    })
  )
  return Buffer.concat(chunks).toString("utf8")
})

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const hostOf = (location: string | undefined, from: string): string => {
  const url = location === undefined ? null : URL.parse(location, from)
  return url === null ? "nowhere" : url.host
}

/** `Retry-After`: seconds, or a date. In milliseconds. */
const askedMs = (header: string | undefined, now: number): number | null => {
  if (header === undefined) return null
  const millis = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(millis) && millis > 0 ? millis : null
}

const firstLine = (body: string): string => body.trim().split(/\r?\n/, 1)[0]?.slice(0, 200) ?? ""

const statusOf = (status: number): string => `${status} ${STATUS_CODES[status] ?? ""}`.trim()

const statusLine = (status: number, body: string): string =>
  [statusOf(status), firstLine(body)].filter((part) => part !== "").join(": ")

/** Of the statuses that blame the request, those that do not blame the credentials or the URL. */
const aboutMessage: ReadonlySet<number> = new Set([400, 413, 415, 422])

const refusal = (request: HttpRequest, response: HttpClientResponse.HttpClientResponse, body: string, now: number) => {
  const { headers, status } = response
  if (status >= 300 && status < 400) {
    const to = hostOf(headers["location"], request.url)
    return new NotSent({
      reason: `got ${status}; write the host and the scheme that it redirects to into the URL`,
      said: to
    })
  }
  const retryAfterMs = askedMs(headers["retry-after"], now)
  return new NotSent({
    reason: `got ${statusOf(status)}`,
    said: firstLine(body),
    isAboutMessage: aboutMessage.has(status),
    ...(retryAfterMs === null ? {} : { retryAfterMs })
  })
}

const exchange = Effect.fnUntraced(function* ({
  next: follow,
  request
}: Exchange): Effect.fn.Return<string, NotSent, HttpClient.HttpClient> {
  const client = yield* HttpClient.HttpClient
  const response = yield* Effect.mapError(client.execute(toRequest(request)), notReached)
  const body = yield* Effect.mapError(readBody(response), notReached)
  const { status } = response
  if (status < 200 || status >= 300) return yield* refusal(request, response, body, yield* Clock.currentTimeMillis)
  const next = follow === undefined ? [] : follow(jsonOf(body))
  if (typeof next === "string") return yield* new NotSent({ reason: `got ${statusOf(status)}`, said: next })
  let answer = statusLine(status, body)
  for (const one of next) answer = yield* exchange(one)
  return answer
})

/** @returns the last answer: status and first line. */
export const send = (target: HttpTarget, message: Message): Effect.Effect<string, NotSent> =>
  Effect.gen(function* () {
    let answer = ""
    for (const one of target.exchanges(message)) answer = yield* exchange(one)
    return answer
  }).pipe(
    Effect.provide(FetchHttpClient.layer),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.provideService(FetchHttpClient.Fetch, target.isUnverified ? unverifiedFetch : globalThis.fetch),
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )
