/**
 * One GET over a separate connection, so that no pooled connection to the previous version answers. Redirects are not
 * followed: the check compares the status of the URL itself (a login page behind a 302 is not health).
 */
import type { IncomingMessage, RequestOptions } from "node:http"
import { connect } from "node:net"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Check } from "../domain/Check.ts"
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"
import { confidentialIn } from "../secrets/confidential.ts"
import { withoutSecrets } from "../secrets/Redact.ts"
import { integer, text } from "../yaml/text.ts"
import type { CheckResult } from "./HealthGate.ts"
import { defineKind, timeout } from "./Kind.ts"
import { oneLine, problemOf } from "./problem.ts"

/** How much of a body is searched. The rest is not read. */
const bodyLimit = 1024 * 1024

type Client = Pick<typeof import("node:http"), "get">

/**
 * A connection for this request alone. Without an agent, which Node would make for each request, a check costs half: a
 * host of many apps checks all of them once a minute. Only the agent of HTTPS knows how to connect.
 */
const connection = ({ protocol }: URL): Pick<RequestOptions, "agent" | "createConnection"> =>
  protocol === "https:"
    ? { agent: false }
    : { createConnection: ({ host, port }) => connect({ host: host ?? "localhost", port: Number(port) }) }

const clients = new Map<string, Promise<Client>>()

/** Node's HTTP and TLS modules are loaded on the first check, because loading takes longer than most commands run. */
const clientOf = ({ protocol }: URL): Promise<Client> => {
  const loaded = clients.get(protocol) ?? (protocol === "https:" ? import("node:https") : import("node:http"))
  clients.set(protocol, loaded)
  return loaded
}

const failed = (seen: string): CheckResult => ({ ok: false, dead: false, seen })

/** The app chooses the status text, of any content and length. LAW-12: it may repeat the password of the URL. */
const statusOf = ({ statusCode, statusMessage = "" }: IncomingMessage, url: string): string =>
  // Almost every answer, which needs no redaction.
  statusMessage === "OK"
    ? `${statusCode} OK`
    : oneLine(`${statusCode} ${withoutSecrets(statusMessage.slice(0, 4096), confidentialIn(url))}`).slice(0, 100)

/** Sends the request. The caller reads or discards the body. Interrupting closes the connection. */
const get = (url: URL, client: Client, judge: (response: IncomingMessage) => Promise<CheckResult>) =>
  Effect.callback<CheckResult>((resume) => {
    const answer = (seen: CheckResult) => {
      resume(Effect.succeed(seen))
      request.destroy()
    }
    const request = client.get(url, {
      ...connection(url),
      headers: { "user-agent": "lastgood", accept: "*/*", connection: "close" }
    })
    request.on("error", (error) => answer(failed(problemOf(error))))
    request.on("response", (response) => {
      void judge(response).then(answer, (error) =>
        answer(failed(`${statusOf(response, url.href)}, then ${problemOf(error)}`))
      )
    })
    return Effect.sync(() => request.destroy())
  })

/** @returns null when the body contains the text; else the part of the body that was searched, for people. */
const searchBody = async (response: IncomingMessage, text: string): Promise<string | null> => {
  const wanted = Buffer.from(text)
  let read = 0
  // Keep the end of the previous chunk: the text may span two chunks.
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

/** Parsed once: an app is checked again and again. */
const urls = new WeakMap<Check<"http">, URL | null>()

const urlOf = (check: Check<"http">): URL | null => {
  const known = urls.get(check)
  if (known !== undefined) return known
  const url = URL.parse(check.url)
  urls.set(check, url)
  return url
}

export const run = (check: Check<"http">): Effect.Effect<CheckResult> => {
  const url = urlOf(check)
  if (url === null || !/^https?:$/.test(url.protocol))
    return Effect.succeed(failed("the check's URL is not an http or https URL"))
  const judge = async (response: IncomingMessage): Promise<CheckResult> => {
    const status = statusOf(response, check.url)
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
  run
})
