/**
 * The standard health protocol of gRPC (`grpc.health.v1.Health/Check`), over a separate connection. Node speaks HTTP/2
 * and the two messages of the protocol have one field each, so this file encodes them without a library.
 */
import type { ClientHttp2Session, IncomingHttpHeaders } from "node:http2"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Check } from "../domain/Check.ts"
import { line } from "../yaml/text.ts"
import { address, addressOf } from "./address.ts"
import type { CheckResult } from "./HealthGate.ts"
import { defineKind, timeout } from "./Kind.ts"
import { oneLine, problemOf } from "./problem.ts"

/** `HealthCheckResponse.ServingStatus`, by number. */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]

const codes = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"],
  ...["PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"],
  ...["INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"]
]

/** Explanations of codes for which the server's message says less. */
const meanings: Readonly<Record<string, string>> = {
  NOT_FOUND: "the server does not know this service",
  UNIMPLEMENTED: "the server does not have the health protocol grpc.health.v1.Health"
}

/** The longest answer that is read. A real one has a few bytes. */
const answerLimit = 1024

const failed = (seen: string): CheckResult => ({ ok: false, dead: false, seen })

const varint = (value: number): ReadonlyArray<number> =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]

/**
 * Encodes a `HealthCheckRequest` in gRPC's frame: not compressed, the length, then field 1 (the service), omitted if
 * empty.
 */
const requestFor = (service: string): Buffer => {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(message.length, 1)
  return Buffer.concat([frame, message])
}

/** Decodes a `HealthCheckResponse` in its frame: field 1 (the status), omitted if 0. null: it is another message. */
const statusIn = (body: Buffer): string | null => {
  if (body.length < 5 || body[0] !== 0 || body.length !== 5 + body.readUInt32BE(1)) return null
  // Fields of a later protocol version have higher numbers, so they come after it.
  const [tag, status = 0] = body.subarray(5)
  return tag === undefined || tag === 0x08 ? (servingStatuses[status] ?? null) : null
}

/** The server's own message, percent-encoded. */
const decoded = (message: unknown): string => {
  const text = typeof message === "string" ? message.slice(0, answerLimit) : ""
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString())
}

/** The problem with an answer that is not gRPC, or that is incomplete. */
const withoutCode = ({ ":status": status, "content-type": type = "" }: IncomingHttpHeaders): string => {
  if (status === undefined) return "the connection ended without an answer"
  return type.startsWith("application/grpc")
    ? "the connection ended before the answer did"
    : `HTTP ${status} from a server that does not speak gRPC`
}

const judge = (headers: IncomingHttpHeaders, trailers: IncomingHttpHeaders, body: Buffer): CheckResult => {
  // A server that fails at once sends its trailers as headers.
  const { "grpc-message": message, "grpc-status": code } = { ...headers, ...trailers }
  if (code === undefined) return failed(withoutCode(headers))
  if (code !== "0") {
    const name = codes[Number(code)] ?? oneLine(`code ${code}`)
    const why = meanings[name] ?? decoded(message)
    return failed(oneLine(why === "" ? name : `${name}: ${why}`))
  }
  const status = statusIn(body)
  if (status === null) return failed("the answer is not a HealthCheckResponse")
  return status === "SERVING" ? { ok: true, dead: false, seen: status } : failed(`got ${status}, want SERVING`)
}

const troubleOf = (error: Error): string =>
  /no.?application.?protocol|^protocol error$/i.test(error.message)
    ? "the server does not speak HTTP/2"
    : problemOf(error)

/** Sends the request and collects the answer. */
const call = (session: ClientHttp2Session, service: string, answer: (seen: CheckResult) => void) => {
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let body = Buffer.alloc(0)
  session
    .request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "lastgood"
    })
    .on("response", (received) => {
      headers = received
    })
    .on("trailers", (received) => {
      trailers = received
    })
    .on("data", (chunk: Buffer) => {
      if (body.length < answerLimit) body = Buffer.concat([body, chunk])
    })
    .on("error", (error) => answer(failed(troubleOf(error))))
    .on("close", () => answer(judge(headers, trailers, body)))
    .end(requestFor(service))
}

/** Interrupting closes the connection. */
const ask = (open: () => ClientHttp2Session, service: string) =>
  Effect.callback<CheckResult>((resume) => {
    const session = open()
    const answer = (seen: CheckResult) => {
      resume(Effect.succeed(seen))
      session.destroy()
    }
    session.on("error", (error) => answer(failed(troubleOf(error))))
    session.on("close", () => answer(failed("the connection ended without an answer")))
    // Wait for the connection: an earlier request would only report that it was cancelled, not why there is no
    // connection.
    session.on("connect", () => call(session, service, answer))
    return Effect.sync(() => session.destroy())
  })

/** HTTP/2 is loaded on the first check, because loading takes longer than most commands run. */
export const run = ({ host, port, service, tls }: Check<"grpc">): Effect.Effect<CheckResult> =>
  Effect.flatMap(
    Effect.promise(() => import("node:http2")),
    ({ connect }) => {
      const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`
      return ask(() => connect(`${tls ? "https" : "http"}://${authority}`), service)
    }
  )

export const grpc = defineKind("grpc", {
  file: Schema.Struct({
    grpc: address(
      "Host and port of a server with the gRPC health protocol, which must answer SERVING.",
      "127.0.0.1:50051"
    ),
    service: Schema.optionalKey(
      line({
        expected: "the name of a gRPC service, such as `shop.Cart`",
        description: "The gRPC service that is asked about; default: the server as a whole."
      })
    ),
    tls: Schema.Boolean.annotate({
      description: "Whether the server speaks TLS. Its certificate is verified.",
      expected: "`true` or `false`",
      default: false
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
    timeout
  }),
  toCheck: ({ grpc, service = "", timeout, tls }) => ({
    kind: "grpc",
    name: `grpc ${grpc}${service === "" ? "" : ` ${service}`}`,
    ...addressOf(grpc),
    service,
    tls,
    timeoutMs: timeout
  }),
  run
})
