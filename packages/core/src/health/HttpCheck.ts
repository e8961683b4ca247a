/**
 * One GET, on a connection of its own, so that no pooled connection to the version before answers. Redirects are not
 * followed: the status that is compared is the address's own (a login page behind a 302 is not health).
 */
import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Check } from "../domain/Check.ts"
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"
import { integer, text } from "../yaml/text.ts"
import type { Look } from "./HealthGate.ts"
import { defineKind, timeout } from "./Kind.ts"
import { oneLine, problemOf } from "./problem.ts"

/** How much of a body is searched; the rest is not read. */
const bodyLimit = 1024 * 1024

/** Loaded at the first look: node's HTTP and TLS take longer to load than most commands take to run. */
const clientOf = (url: URL) => (url.protocol === "https:" ? import("node:https") : import("node:http"))

const failed = (seen: string): Look => ({ ok: false, dead: false, seen })

/** The app words its status itself: with any text, of any length. */
const statusOf = (response: IncomingMessage): string =>
  oneLine(`${response.statusCode} ${response.statusMessage ?? ""}`).slice(0, 100)

/** Sends the request; the caller reads or drops the body. Interrupting closes the connection. */
const get = (
  url: URL,
  client: Pick<typeof import("node:http"), "get">,
  look: (response: IncomingMessage) => Promise<Look>
) =>
  Effect.callback<Look>((resume) => {
    const answer = (seen: Look) => {
      resume(Effect.succeed(seen))
      request.destroy()
    }
    const request = client.get(url, {
      agent: false,
      headers: { "user-agent": "lastgood", accept: "*/*", connection: "close" }
    })
    request.on("error", (error) => answer(failed(problemOf(error))))
    request.on("response", (response) => {
      void look(response).then(answer, (error) => answer(failed(`${statusOf(response)}, then ${problemOf(error)}`)))
    })
    return Effect.sync(() => request.destroy())
  })

/** @returns null when the text is not in the part of the body that is searched: which part that was, for people. */
const searchBody = async (response: IncomingMessage, text: string): Promise<string | null> => {
  const wanted = Buffer.from(text)
  let read = 0
  // The end of what came before: the text may lie across two chunks.
  let window = Buffer.alloc(0)
  for await (const chunk of response) {
    window = Buffer.concat([window, chunk.subarray(0, bodyLimit - read)])
    if (window.includes(wanted)) return null
    read += chunk.length
    if (read >= bodyLimit) return "the first MiB of the body"
    window = window.subarray(Math.max(0, window.length - wanted.length + 1))
  }
  return "the body"
}

export const look = (check: Check<"http">): Effect.Effect<Look> => {
  const url = URL.parse(check.url)
  if (url === null || !/^https?:$/.test(url.protocol))
    return Effect.succeed(failed("the check's URL is not an http or https URL"))
  const judge = async (response: IncomingMessage): Promise<Look> => {
    const status = statusOf(response)
    if (response.statusCode !== check.status) return failed(`got ${status}, want ${check.status}`)
    if (check.contains === undefined) return { ok: true, dead: false, seen: status }
    const searched = await searchBody(response, check.contains)
    return searched === null
      ? { ok: true, dead: false, seen: status }
      : failed(`${status}, but ${searched} lacks the expected text`)
  }
  return Effect.flatMap(
    Effect.promise(() => clientOf(url)),
    (client) => get(url, client, judge)
  )
}

export const http = defineKind("http", {
  file: Schema.Struct({
    http: text({
      pattern: /^(?:https?:\/\/[^\s/]\S*|\/\S*)$/u,
      expected: "a URL that starts with http:// or https://, or a path that starts with / (of https://<domain>)",
      description: "URL to GET, or a path of https://<domain>. Redirects are not followed.",
      examples: ["http://127.0.0.1:8080/health/ready", "/health"],
      secret: true
    }),
    status: integer(100, 599, "The status that is healthy.", 200).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(200))
    ),
    contains: Schema.optionalKey(
      Schema.String.annotate({ description: "What the body must contain.", expected: "a text that is not empty" }).pipe(
        Schema.check(Schema.isMinLength(1, { expected: "a text that is not empty" }))
      )
    ),
    timeout
  }),
  toCheck: ({ contains, http, status, timeout }, domain) => {
    const url = http.startsWith("/") ? `https://${domain}${http}` : http
    return {
      kind: "http",
      name: `http ${withoutUrlSecrets(url)}`,
      url,
      status,
      ...(contains === undefined ? {} : { contains }),
      timeoutMs: timeout
    }
  },
  look
})
