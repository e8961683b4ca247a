import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { defaultSettings } from "../../src/config/defaults.ts"
import type { EffectiveApp, Gate } from "../../src/domain/App.ts"
import type { Check } from "../../src/domain/Check.ts"
import { type CheckResult, HealthGate } from "../../src/health/HealthGate.ts"
import { layer } from "../../src/health/HealthGateLive.ts"
import { type Inspection, RuntimeFailed } from "../../src/runtime/Runtime.ts"
import { inspection, nothing, service } from "../runtime/inspection.ts"
import { appOf } from "../version/recipe.ts"
import { runtimeWith } from "./runtime.ts"
import { freePort, httpServer, silentServer, untrustedServer } from "./servers.ts"

const http = (url: string, more: Partial<Check<"http">> = {}): Check => ({
  kind: "http",
  name: "web",
  url,
  status: 200,
  timeoutMs: 2000,
  ...more
})
const tcp = (port: number, host = "127.0.0.1"): Check => ({ kind: "tcp", name: "port", host, port, timeoutMs: 2000 })
const exec: Check = { kind: "exec", name: "command", command: "true", service: "db", timeoutMs: 2000 }
const container: Check = { kind: "container", name: "web", timeoutMs: 2000 }

const appWith = (gate: Partial<Gate>): EffectiveApp => ({
  ...appOf("/nowhere", "/nowhere/recipe"),
  ...defaultSettings,
  gate: { deadlineMs: 3000, stableForMs: 0, intervalMs: 100, checks: [], ...gate },
  stage: "effective",
  extension: null
})
const app = appWith({ checks: [] })

const look = (check: Check, runtime = runtimeWith({})): Effect.Effect<CheckResult> =>
  HealthGate.use((gate) => gate.runCheck(app, runtime, check)).pipe(Effect.provide(layer))
const passed = (seen: string): CheckResult => ({ ok: true, dead: false, seen })
const failed = (seen: string): CheckResult => ({ ok: false, dead: false, seen })

describe("HealthGate.runCheck at http", () => {
  it.live("passes on the expected status", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const { url } = yield* httpServer((request, response) => {
        asked.push(`${request.method} ${request.url}`)
        response.writeHead(request.url === "/teapot" ? 418 : 200).end()
      })
      assert.deepStrictEqual(yield* look(http(`${url}/ready?deep=1`)), passed("200 OK"))
      assert.deepStrictEqual(yield* look(http(`${url}/teapot`, { status: 418 })), passed("418 I'm a Teapot"))
      assert.deepStrictEqual(asked, ["GET /ready?deep=1", "GET /teapot"])
    })
  )

  it.live("asks over a connection of its own, which no earlier check or version has used", () =>
    Effect.gen(function* () {
      const clients = new Set<number | undefined>()
      const heads: Array<ReadonlyArray<string | undefined>> = []
      const { port } = yield* httpServer(({ headers, socket }, response) => {
        clients.add(socket.remotePort)
        heads.push([headers.host, headers.connection, headers.authorization])
        response.end("UP")
      })
      const [at, named] = [`127.0.0.1:${port}`, `localhost:${port}`]
      for (const url of [`http://${at}`, `http://${at}`, `http://${named}`, `http://ops:a%40b@${at}`])
        assert.deepStrictEqual(yield* look(http(url, { contains: "UP" })), passed("200 OK"))
      assert.strictEqual(clients.size, 4)
      assert.deepStrictEqual(heads, [
        [at, "close", undefined],
        [at, "close", undefined],
        [named, "close", undefined],
        [at, "close", `Basic ${Buffer.from("ops:a@b").toString("base64")}`]
      ])
    })
  )

  it.live("fails on another status, and does not follow a redirect", () =>
    Effect.gen(function* () {
      const { url } = yield* httpServer((request, response) => {
        if (request.url === "/login") response.writeHead(200).end()
        else if (request.url === "/") response.writeHead(302, { location: "/login" }).end()
        else response.writeHead(503).end()
      })
      assert.deepStrictEqual(yield* look(http(url)), failed("got 302 Found, want 200"))
      assert.deepStrictEqual(yield* look(http(`${url}/`, { status: 302 })), passed("302 Found"))
      assert.deepStrictEqual(yield* look(http(`${url}/`, { status: 301 })), failed("got 302 Found, want 301"))
      assert.deepStrictEqual(yield* look(http(`${url}/x`)), failed("got 503 Service Unavailable, want 200"))
    })
  )

  it.live("finds a text in the first MiB of the body, also across chunks", () =>
    Effect.gen(function* () {
      const { url } = yield* httpServer((request, response) => {
        if (request.url === "/far") return response.end(`${"x".repeat(2 * 1024 * 1024)}UP`)
        response.write('{"status":"U')
        return setTimeout(() => response.end('P"}'), 30)
      })
      const contains = '"UP"'
      assert.deepStrictEqual(yield* look(http(url, { contains })), passed("200 OK"))
      assert.deepStrictEqual(
        yield* look(http(url, { contains: "DOWN" })),
        failed("200 OK, but the body lacks the expected text")
      )
      assert.deepStrictEqual(
        yield* look(http(`${url}/far`, { contains: "UP" })),
        failed("200 OK, but the first MiB of the body lacks the expected text")
      )
    })
  )

  it.live("does not read the body without contains", () =>
    Effect.gen(function* () {
      const { url } = yield* httpServer((_request, response) => {
        response.write("never ends")
      })
      assert.deepStrictEqual(yield* look(http(url)), passed("200 OK"))
    })
  )

  it.live("fails if the server does not answer or its body does not end", () =>
    Effect.gen(function* () {
      const port = yield* silentServer
      assert.deepStrictEqual(
        yield* look(http(`http://127.0.0.1:${port}`, { timeoutMs: 200 })),
        failed("no answer within 0.2 s")
      )
      const { url } = yield* httpServer((_request, response) => {
        response.write("never ends")
      })
      assert.deepStrictEqual(
        yield* look(http(url, { contains: "UP", timeoutMs: 200 })),
        failed("no answer within 0.2 s")
      )
    })
  )

  it.live("reports why there is no answer", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const { url } = yield* httpServer((request) => request.socket.destroy())
      assert.deepStrictEqual(yield* look(http(`http://127.0.0.1:${port}`)), failed("connection refused"))
      assert.isFalse((yield* look(http(url))).ok)
      assert.deepStrictEqual(yield* look(http("http://no-such-host.invalid")), failed("host not found"))
      for (const address of ["keycloak", "ftp://example.org", ""]) {
        assert.deepStrictEqual(yield* look(http(address)), failed("the check's URL is not an http or https URL"))
      }
    })
  )

  it.live("fails on an untrusted certificate, and says so", () =>
    Effect.gen(function* () {
      const url = yield* untrustedServer
      const { ok, seen } = yield* look(http(url))
      assert.isFalse(ok)
      assert.match(seen, /certificate/i)
    })
  )

  /** Verifies: LAW-12 */
  it.live("says the status of a server without the password of its URL, which it repeats", () =>
    Effect.gen(function* () {
      const { port } = yield* httpServer(({ headers: { authorization = "" } }, response) => {
        const sent = authorization.slice(6)
        const password = Buffer.from(sent, "base64").toString().split(":")[1]
        response.writeHead(403, `no ${password} ${sent} today`).end()
      })
      const { seen } = yield* look(http(`http://probe:correct-h0rse@127.0.0.1:${port}/`))
      assert.match(seen, /^got 403 no \*\*\* \S+ today, want 200$/)
      assert.notInclude(seen, Buffer.from("probe:correct-h0rse").toString("base64").slice(8, -2))
    })
  )

  it.live("sends the user and password of its URL", () =>
    Effect.gen(function* () {
      let seen: string | undefined
      const { port } = yield* httpServer((request, response) => {
        seen = request.headers.authorization
        response.end()
      })
      yield* look(http(`http://probe:p%40ss@127.0.0.1:${port}/`))
      assert.strictEqual(seen, `Basic ${Buffer.from("probe:p@ss").toString("base64")}`)
    })
  )
})

describe("HealthGate.runCheck of tcp, exec and container", () => {
  it.live("passes if a port accepts a connection, and fails otherwise", () =>
    Effect.gen(function* () {
      const open = yield* silentServer
      const closed = yield* freePort
      assert.deepStrictEqual(yield* look(tcp(open)), passed("connected"))
      assert.deepStrictEqual(yield* look(tcp(closed)), failed("connection refused"))
      assert.deepStrictEqual(yield* look(tcp(open, "no-such-host.invalid")), failed("host not found"))
    })
  )

  /** Verifies: LAW-12 */
  it.live("judges a command by its exit code, and discards its output", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const exits = (code: number) =>
        runtimeWith({
          exec: (_app, command, service) =>
            Effect.sync(() => {
              asked.push([command, service])
              return { code, output: "PASSWORD=s3cr3t" }
            })
        })
      assert.deepStrictEqual(yield* look(exec, exits(0)), passed("exit 0"))
      assert.deepStrictEqual(yield* look(exec, exits(1)), failed("exit 1"))
      assert.deepStrictEqual(yield* look(exec, exits(127)), failed("exit 127 (command not found)"))
      assert.deepStrictEqual(asked[0], ["true", "db"])
    })
  )

  it.live("uses the runtime's state of a container, also if it ended", () =>
    Effect.gen(function* () {
      const state = { ok: false, dead: true, seen: "exited (1)" }
      const runtime = runtimeWith({ containerState: () => Effect.succeed(state) })
      assert.deepStrictEqual(yield* look(container, runtime), state)
    })
  )

  it.live("treats a failing runtime as a failed check", () =>
    Effect.gen(function* () {
      const error = new RuntimeFailed({ app: "web", operation: "exec", reason: "no such container", next: "" })
      const runtime = runtimeWith({ exec: () => Effect.fail(error), containerState: () => Effect.fail(error) })
      for (const check of [exec, container]) {
        assert.deepStrictEqual(yield* look(check, runtime), failed("exec of web failed: no such container"))
      }
    })
  )
})

describe("HealthGate.run", () => {
  const run = (subject: EffectiveApp, runtime = runtimeWith({})) =>
    HealthGate.use((gate) => gate.run(subject, runtime)).pipe(Effect.provide(layer))

  it.live("passes for a real server that fails first and then becomes healthy", () =>
    Effect.gen(function* () {
      let requests = 0
      const { url, port } = yield* httpServer((_request, response) => {
        response.writeHead(++requests > 3 ? 200 : 503).end()
      })
      const checks = [http(url), tcp(port)]
      const verdict = yield* run(appWith({ checks, stableForMs: 250 }))
      assert.isTrue(verdict.passed, verdict.reason)
      const [web, tcpCheck] = verdict.checks
      assert.strictEqual(web?.attempts, requests)
      assert.deepStrictEqual([web?.failures, web?.lastSeen], [3, "200 OK"])
      assert.strictEqual(web?.lastFailure, "got 503 Service Unavailable, want 200")
      assert.isTrue((web?.lastFailureAt ?? "") < (web?.firstPassAt ?? ""), "the last failure was before the first pass")
      assert.deepStrictEqual([tcpCheck?.failures, tcpCheck?.attempts], [0, requests])
      assert.isAtLeast(verdict.tookMs, 250)
    })
  )

  /** Verifies: LAW-12 */
  it.live("records no credentials and no query of a URL in its evidence", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const url = `http://admin:s3cr3t@127.0.0.1:${port}/health?token=t0ken#fr4gment`
      const verdict = yield* run(appWith({ deadlineMs: 150, checks: [http(url, { name: url })] }))
      assert.isFalse(verdict.passed)
      assert.strictEqual(verdict.checks[0]?.name, `http://127.0.0.1:${port}/health`)
      assert.notMatch(JSON.stringify(verdict), /s3cr3t|t0ken|fr4gment|admin/)
    })
  )

  it.live("checks only that the services run if there are no checks, and says that this is weak", () =>
    Effect.gen(function* () {
      const inspections: Array<Inspection> = [false, false, false, true].map((converged) =>
        inspection({ converged, services: [service("web", { state: converged ? "1/1" : "0/1", ok: converged })] })
      )
      let asked = 0
      const runtime = runtimeWith({
        inspect: () => Effect.sync(() => inspections[Math.min(asked++, 3)] ?? assert.fail())
      })
      const verdict = yield* run(appWith({ checks: [], stableForMs: 150 }), runtime)
      assert.isTrue(verdict.passed)
      assert.include(verdict.reason, "weak")
      const [check] = verdict.checks
      assert.deepStrictEqual([check?.lastFailure, check?.lastSeen, check?.failures], ["web 0/1", "web 1/1", 2])
      assert.isAtLeast(verdict.tookMs, 350)
    })
  )

  it.live("fails without checks if the app is not running", () =>
    Effect.gen(function* () {
      const verdict = yield* run(
        appWith({ checks: [], deadlineMs: 150 }),
        runtimeWith({ inspect: () => Effect.succeed({ ...nothing, converged: true }) })
      )
      assert.isFalse(verdict.passed)
      assert.strictEqual(verdict.checks[0]?.lastSeen, "no service of the app is running")
    })
  )
})
