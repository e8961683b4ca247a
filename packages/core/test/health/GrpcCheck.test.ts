import { execFileSync } from "node:child_process"
import type { OutgoingHttpHeaders } from "node:http2"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeNeeding } from "../../../../test/needing.ts"
import type { Check } from "../../src/domain/Check.ts"
import { type CheckResult, HealthGate } from "../../src/health/HealthGate.ts"
import { layer } from "../../src/health/HealthGateLive.ts"
import { appOf } from "../version/recipe.ts"
import { grpcServer, whyNoGrpcServer } from "./grpc/server.ts"
import { runtimeWith } from "./runtime.ts"
import { freePort, http2Server, httpServer, silentServer, unknownCertificate, untrustedServer } from "./servers.ts"

const grpc = (port: number, more: Partial<Check<"grpc">> = {}): Check => ({
  ...{ kind: "grpc", name: "rpc", host: "127.0.0.1", port, service: "", tls: false, timeoutMs: 5000 },
  ...more
})
const look = (check: Check): Effect.Effect<CheckResult> =>
  HealthGate.use((gate) => gate.runCheck(appOf("/nowhere", "/nowhere/recipe"), runtimeWith({}), check)).pipe(
    Effect.provide(layer)
  )
const passed = (seen: string): CheckResult => ({ ok: true, dead: false, seen })
const failed = (seen: string): CheckResult => ({ ok: false, dead: false, seen })

describeNeeding("LASTGOOD_TEST_DOCKER", whyNoGrpcServer, "HealthGate.runCheck at a gRPC server", () => {
  const server = Effect.flatMap(unknownCertificate, (pair) =>
    Effect.map(grpcServer(pair), (ports) => ({ ...ports, ...pair }))
  )

  it.live("passes only on SERVING, for the server or for one service", () =>
    Effect.gen(function* () {
      const { health } = yield* server
      const ask = (service: string) => look(grpc(health, { service }))
      assert.deepStrictEqual(yield* ask(""), passed("SERVING"))
      assert.deepStrictEqual(yield* ask("shop.Cart"), passed("SERVING"))
      assert.deepStrictEqual(yield* ask("shop.Broken"), failed("got NOT_SERVING, want SERVING"))
      assert.deepStrictEqual(yield* ask("shop.New"), failed("got UNKNOWN, want SERVING"))
      const unknown = failed("NOT_FOUND: the server does not know this service")
      assert.deepStrictEqual(yield* ask("shop.Gone"), unknown)
      // Its length takes two bytes.
      assert.deepStrictEqual(yield* ask("x".repeat(300)), unknown)
    })
  )

  it.live("reports a server without the health protocol, or without an answer", () =>
    Effect.gen(function* () {
      const { bare, silent } = yield* server
      assert.deepStrictEqual(
        yield* look(grpc(bare)),
        failed("UNIMPLEMENTED: the server does not have the health protocol grpc.health.v1.Health")
      )
      assert.deepStrictEqual(yield* look(grpc(silent, { timeoutMs: 300 })), failed("no answer within 0.3 s"))
    })
  )

  /** Verifies: LAW-12 */
  it.live("quotes the server's message on one line, without secrets", () =>
    Effect.gen(function* () {
      const { failing } = yield* server
      assert.deepStrictEqual(
        yield* look(grpc(failing)),
        failed("UNAVAILABLE: the database is away: 50 % of its password=***")
      )
    })
  )

  it.live("uses TLS if configured, and rejects an untrusted certificate", () =>
    Effect.gen(function* () {
      const { ca, health, tls } = yield* server
      const { ok, seen } = yield* look(grpc(tls, { tls: true }))
      assert.isFalse(ok)
      assert.match(seen, /certificate/i)
      assert.isFalse((yield* look(grpc(tls))).ok, "plain, of a server with TLS")
      assert.deepStrictEqual(yield* look(grpc(health, { tls: true })), failed("the server does not speak TLS"))
      const trusting = execFileSync(process.execPath, [`${import.meta.dirname}/grpc/look.ts`, String(tls)], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca },
        encoding: "utf8"
      })
      assert.deepStrictEqual(JSON.parse(trusting), passed("SERVING"))
    })
  )
})

describe("HealthGate.runCheck of a server without gRPC", () => {
  it.live("reports why there is no answer", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* look(grpc(yield* freePort)), failed("connection refused"))
      assert.deepStrictEqual(yield* look(grpc(1, { host: "no-such-host.invalid" })), failed("host not found"))
      const silent = yield* silentServer
      assert.deepStrictEqual(yield* look(grpc(silent, { timeoutMs: 200 })), failed("no answer within 0.2 s"))
    })
  )

  it.live("reports that a web server does not speak HTTP/2, with and without TLS", () =>
    Effect.gen(function* () {
      const { port } = yield* httpServer((_request, response) => response.end("ok"))
      const withTls = Number(new URL(yield* untrustedServer).port)
      const noHttp2 = failed("the server does not speak HTTP/2")
      assert.deepStrictEqual(yield* look(grpc(port)), noHttp2)
      assert.deepStrictEqual(yield* look(grpc(withTls, { tls: true })), noHttp2)
    })
  )

  it.live("does not pass on any other answer", () =>
    Effect.gen(function* () {
      const answering = (headers: OutgoingHttpHeaders, body: string) =>
        Effect.scoped(Effect.flatMap(http2Server(headers, body), (port) => look(grpc(port))))
      const type = { "content-type": "application/grpc" }
      const done = { ...type, "grpc-status": "0" }
      assert.deepStrictEqual(
        yield* answering({ ":status": 404, "content-type": "text/html" }, "<h1>no such page</h1>"),
        failed("HTTP 404 from a server that does not speak gRPC")
      )
      assert.deepStrictEqual(yield* answering(type, ""), failed("the connection ended before the answer did"))
      for (const body of ["", "\0\0\0\0\x02\x08", "\0\0\0\0\x02\x10\x01", "\x01\0\0\0\x02\x08\x01", "x".repeat(9999)]) {
        assert.deepStrictEqual(yield* answering(done, body), failed("the answer is not a HealthCheckResponse"))
      }
      assert.deepStrictEqual(yield* answering(done, "\0\0\0\0\x02\x08\x01"), passed("SERVING"))
      assert.deepStrictEqual(yield* answering(done, "\0\0\0\0\x04\x08\x01\x10\x07"), passed("SERVING"))
      assert.deepStrictEqual(yield* answering(done, "\0\0\0\0\0"), failed("got UNKNOWN, want SERVING"))
      assert.deepStrictEqual(yield* answering({ ...type, "grpc-status": "99" }, ""), failed("code 99"))
    })
  )
})
