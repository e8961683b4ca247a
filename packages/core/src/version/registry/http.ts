/**
 * One request on a connection of its own. Size and time of the answer are limited, because a registry may be hostile.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http"
import type { SecureContext } from "node:tls"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { oneLine, problemOf } from "../../health/problem.ts"
import { networkEnvironment } from "../../process/environment.ts"
import { withoutSecrets } from "../../secrets/Redact.ts"
import type { Certificates } from "./DockerFiles.ts"
import { isLoopback } from "./Reference.ts"

export interface Question {
  readonly url: URL
  readonly method: "GET" | "HEAD" | "POST"
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** A longer answer is a failure. */
  readonly maxBytes: number
  readonly certificates: Certificates
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** `network` and `time` may be temporary; `plain` (the server does not speak TLS), `certificate` and `size` are not. */
export class RequestFailed extends Schema.TaggedError<RequestFailed>()("RequestFailed", {
  why: Schema.Literals(["network", "time", "plain", "certificate", "size"]),
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

const deadlineMs = 30_000

const certificateCodes =
  /^(?:SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|CERT_|ERR_TLS_CERT)/

const failureOf = (error: unknown): RequestFailed => {
  if (error instanceof RequestFailed) return error
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const reason = problemOf(error)
  if (reason === "the server does not speak TLS") return new RequestFailed({ why: "plain", reason })
  return new RequestFailed({ why: certificateCodes.test(code) ? "certificate" : "network", reason })
}

const readBody = async (response: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  let length = 0
  for await (const chunk of response) {
    length += chunk.length
    if (length > maxBytes) {
      throw new RequestFailed({ why: "size", reason: `the answer is larger than ${maxBytes / 1024} KiB` })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The authorities that the host trusts. Node itself knows only those that it was built with. */
const authorities = async (): Promise<ReadonlyArray<string>> => {
  const { getCACertificates, rootCertificates } = await import("node:tls")
  if (getCACertificates === undefined) return rootCertificates
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])]
}

/** By the certificates. To read all authorities of a host takes longer than a request. */
const contexts = new Map<string, SecureContext>()
const mostContexts = 50

const contextFor = async ({ authorities: own, client }: Certificates): Promise<SecureContext> => {
  const key = JSON.stringify([own, client])
  const known = contexts.get(key)
  if (known !== undefined) return known
  const { createSecureContext } = await import("node:tls")
  const made = createSecureContext({ ca: [...(await authorities()), ...own], ...client })
  if (contexts.size >= mostContexts) contexts.clear()
  contexts.set(key, made)
  return made
}

/** Loaded at the first request: node's HTTP and TLS take longer to load than most commands take to run. */
const open = async ({ url, method, headers, certificates }: Question): Promise<ClientRequest> => {
  // There is no proxy to this host.
  const proxyEnv = isLoopback(url.host) ? {} : networkEnvironment()
  const head = { method, headers: { "user-agent": "lastgood", ...headers } }
  if (url.protocol === "http:") {
    const { Agent, request } = await import("node:http")
    return request(url, { ...head, agent: new Agent({ keepAlive: false, proxyEnv }) })
  }
  const { Agent, request } = await import("node:https")
  const secureContext = await contextFor(certificates)
  const tls = { secureContext, rejectUnauthorized: !certificates.areUnchecked }
  return request(url, { ...head, agent: new Agent({ keepAlive: false, proxyEnv, ...tls }) })
}

/** Interrupting closes the connection. */
export const ask = (question: Question): Effect.Effect<Answer, RequestFailed> =>
  Effect.callback<Answer, RequestFailed>((resume) => {
    const opened = open(question)
    const fail = (error: unknown) => resume(Effect.fail(failureOf(error)))
    void opened.then((request) => {
      request.on("error", fail)
      request.on("response", (response) => {
        const { headers, statusCode = 0 } = response
        void readBody(response, question.maxBytes).then(
          (body) => resume(Effect.succeed({ status: statusCode, headers, body })),
          (error) => {
            request.destroy()
            fail(error)
          }
        )
      })
      request.end(question.body)
    }, fail)
    return Effect.promise(() =>
      opened.then(
        (request) => void request.destroy(),
        () => undefined
      )
    )
  }).pipe(
    Effect.timeoutOrElse({
      duration: deadlineMs,
      orElse: () => Effect.fail(new RequestFailed({ why: "time", reason: `no answer in ${deadlineMs / 1000} s` }))
    })
  )

/**
 * The message of a registry about a failure (`{"errors":[{"code","message"}]}`), short and without credentials.
 *
 * @param secrets that were sent to it.
 */
export const saidIn = (body: Buffer, secrets: ReadonlyArray<string>): string => {
  const text = body.subarray(0, 4096).toString()
  const [, message = ""] = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? []
  return oneLine(withoutSecrets(message, secrets))
}
