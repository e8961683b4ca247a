/** The HTTP API of a real daemon: what it answers, and to whom. */
import { stat } from "node:fs/promises"
import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode } from "../../expect.ts"
import { harms, migrates, v2, waitUntil } from "../../harness.ts"
import { serving } from "./serving.ts"

const readings = [
  "/metrics",
  "/openapi.json",
  "/api/v1/apps",
  "/api/v1/apps/demo",
  "/api/v1/apps/demo/plan",
  "/api/v1/snapshots",
  "/api/v1/alerts?all=true",
  "/api/v1/log?limit=1000"
]

const modeOf = (path: string) => Effect.promise(async () => ((await stat(path)).mode & 0o777).toString(8))

describe("the HTTP API", () => {
  /** Verifies: LAW-12 */
  it.live(
    "answers what the commands print, without a secret",
    () =>
      Effect.gen(function* () {
        const { get, json, start, token, world } = yield* serving()
        yield* world.tag(v2, harms)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
        yield* start
        const printed = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
          const { stdout } = yield* world.lastgood([...args, "--json"])
          return JSON.parse(stdout)
        })
        const status = yield* printed("status")
        assert.deepStrictEqual(yield* json("/api/v1/apps"), status)
        assert.deepStrictEqual((yield* json("/api/v1/apps/demo")).app, status.apps[0])
        assert.deepStrictEqual(yield* json("/api/v1/snapshots"), yield* printed("snapshots"))
        assert.deepStrictEqual(yield* json("/api/v1/alerts"), yield* printed("alerts"))
        assert.deepStrictEqual((yield* json("/api/v1/apps/demo/plan")).plan, (yield* printed("plan")).plans[0])
        const { stdout } = yield* world.lastgood(["log", "--json"])
        const page = yield* json("/api/v1/log?limit=1000")
        assert.deepStrictEqual(
          page.events,
          stdout.split("\n").map((line) => JSON.parse(line))
        )
        assert.deepStrictEqual([page.next, page.head], [page.events.length, page.events.length])
        const rest = yield* json("/api/v1/log?after=3&limit=2")
        assert.deepStrictEqual(
          rest.events.map(({ position }: { position: number }) => position),
          [4, 5]
        )
        const metrics = (yield* get("/metrics")).text
        assert.include(metrics, 'lastgood_attempts_total{app="demo",kind="upgrade",outcome="recovered"} 1\n')
        assert.include(metrics, 'lastgood_attempts_total{app="demo",kind="upgrade",outcome="committed"} 0\n')
        assert.include(metrics, 'lastgood_downtime_seconds_count{app="demo"} 1\n')
        assert.include(metrics, 'lastgood_alerts{app="demo",state="open"} 1\n')
        for (const path of readings) {
          const { headers, status: code, text } = yield* get(path)
          assert.strictEqual(code, 200, `${path}: ${text}`)
          const all = JSON.stringify(headers) + text
          assert.notInclude(all, "k9Xw3fQ2vT7m", path)
          assert.notInclude(all, yield* token, path)
        }
      }),
    300_000
  )

  it.live(
    "serves only who has the token or the socket, and changes nothing for other sites",
    () =>
      Effect.gen(function* () {
        const { ask, get, post, start, world } = yield* serving()
        yield* start
        assert.strictEqual(yield* modeOf(world.at("root", "token")), "600")
        assert.strictEqual(yield* modeOf(world.at("root", "http.sock")), "600")
        assert.strictEqual((yield* ask("/readyz")).status, 200)
        for (const path of readings) {
          const { headers, status } = yield* ask(path)
          assert.deepStrictEqual([status, headers["www-authenticate"]], [401, 'Bearer realm="lastgood"'], path)
          const wrong = { authorization: `Bearer ${"x".repeat(43)}` }
          assert.strictEqual((yield* ask(path, { headers: wrong })).status, 401, path)
          assert.strictEqual((yield* ask(path, { socket: true })).status, 200, path)
        }
        const hold = "/api/v1/apps/demo/hold"
        const reason = { reason: "not now" }
        assert.strictEqual((yield* get("/api/v1/apps", { headers: { host: "evil.example" } })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { host: "evil.example" })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { origin: "http://evil.example" })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { origin: "null" })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { "sec-fetch-site": "cross-site" })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { "sec-fetch-site": "same-site" })).status, 403)
        assert.strictEqual((yield* post(hold, reason, { "content-type": "text/plain" })).status, 415)
        assert.strictEqual((yield* ask(hold, { method: "POST", body: "{}" })).status, 401)
        // What commands use is on the socket alone.
        assert.strictEqual((yield* post("/cli/act", {})).status, 404)
        assert.strictEqual((yield* get("/cli/hello")).status, 404)
        assert.strictEqual((yield* ask("/cli/hello", { socket: true })).status, 200)
        assert.notInclude(
          (yield* world.log).events.map(({ type }) => type),
          "AppHeld"
        )
        assert.strictEqual((yield* post(hold, reason)).status, 200)
        assert.strictEqual((yield* post("/api/v1/apps/nothing/hold", reason)).status, 404)
        assert.strictEqual((yield* post(hold, { reason: "", forSeconds: -1 })).status, 400)
        const held = (yield* world.log).events.filter(({ type }) => type === "AppHeld")
        assert.deepStrictEqual(
          held.map(({ actor, data }) => [actor, data]),
          [["http", { reason: "not now", until: null }]]
        )
        assert.strictEqual((yield* post("/api/v1/apps/demo/release", {})).status, 200)
        assert.strictEqual((yield* post("/api/v1/apps/demo/retry", {})).status, 200)
        // A misspelt key does not lift every quarantine.
        assert.strictEqual((yield* post("/api/v1/apps/demo/retry", { verson: v2 })).status, 400)
        assert.strictEqual((yield* post("/api/v1/apps/_host/release", {})).status, 200)
        assert.strictEqual((yield* post("/api/v1/apps/_host/alerts/ack", { alert: null })).status, 200)
        const { headers, status } = yield* get(hold)
        assert.deepStrictEqual([status, headers["allow"]], [405, "POST"])
      }),
    300_000
  )

  it.live(
    "begins an attempt that goes on when the client has gone, and does not begin a second one beside it",
    () =>
      Effect.gen(function* () {
        const { json, post, start, world } = yield* serving()
        yield* start
        const nothing = yield* post("/api/v1/apps/demo/upgrade", {})
        assert.strictEqual(nothing.status, 200, nothing.text)
        assert.strictEqual(JSON.parse(nothing.text).result.outcome, "nothing")
        yield* world.tag(v2, migrates)
        const begun = yield* post("/api/v1/apps/demo/upgrade", {})
        assert.strictEqual(begun.status, 202, begun.text)
        const { attempt, position } = JSON.parse(begun.text)
        assert.strictEqual((yield* post("/api/v1/apps/demo/rollback", {})).status, 409)
        const rest = Effect.map(json(`/api/v1/log?app=demo&after=${position - 1}&limit=1000`), ({ events }) => events)
        yield* waitUntil(
          "the attempt does not end",
          Effect.map(rest, (events) => events.some(({ type }: { type: string }) => type === "AttemptEnded")),
          90_000
        )
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
        const [first] = yield* rest
        assert.deepStrictEqual([first.type, first.attempt, first.actor], ["UpgradeAttempted", attempt, "http"])
      }),
    300_000
  )

  /** Verifies: LAW-6 */
  it.live(
    "tries, promotes, restores, verifies, and interrupts what it began",
    () =>
      Effect.gen(function* () {
        const { json, post, start, world } = yield* serving("", { config: "    interval: 1h\n" })
        yield* start
        const ended = (count: number) =>
          waitUntil(
            "the attempt does not end",
            Effect.map(
              world.log,
              ({ events }) => events.filter(({ type }) => type === "AttemptEnded").length === count
            ),
            90_000
          )
        const begun = Effect.fnUntraced(function* (path: string, body: object) {
          const { status, text } = yield* post(`/api/v1/apps/demo/${path}`, body)
          assert.strictEqual(status, 202, text)
          return JSON.parse(text)
        })
        yield* begun("promote", { snapshot: true })
        yield* ended(2)
        const verified = yield* json("/api/v1/apps/demo/verify")
        assert.deepStrictEqual([verified.ok, verified.snapshots.length], [true, 1])
        yield* begun("restore", {})
        yield* ended(3)
        assert.strictEqual((yield* post("/api/v1/apps/demo/interrupt", {})).status, 422)
        yield* world.tag(v2, { ...migrates, health: 500 })
        const { attempt } = yield* begun("try", { ref: v2 })
        yield* waitUntil(
          "the health gate does not begin",
          Effect.map(world.lastStep, (step) => step === "health"),
          60_000
        )
        assert.strictEqual((yield* post("/api/v1/apps/demo/interrupt", { attempt: "another" })).status, 422)
        assert.strictEqual((yield* post("/api/v1/apps/demo/interrupt", { attempt })).status, 202)
        yield* ended(4)
        const last = (yield* world.log).events.findLast(({ type }) => type === "AttemptEnded")
        assert.include(JSON.stringify(last?.data), "the try was interrupted during health")
        yield* expectApp(world, { version: "1.0.0+1.0.0", schema: 1, rows: ["a"] })
      }),
    300_000
  )

  it.live(
    "reads without a token with readOpen, and still changes nothing without it",
    () =>
      Effect.gen(function* () {
        const { ask, start } = yield* serving(", readOpen: true")
        yield* start
        for (const path of readings) assert.strictEqual((yield* ask(path)).status, 200, path)
        const headers = { "content-type": "application/json" }
        const asked = { method: "POST", body: '{"reason":"x"}', headers }
        assert.strictEqual((yield* ask("/api/v1/apps/demo/hold", asked)).status, 401)
      }),
    300_000
  )

  it.live(
    "does not make the daemon wait for its port, and survives kill -9 of the daemon",
    () =>
      Effect.gen(function* () {
        const { ask, get, isUp, launch, port, start, token, world } = yield* serving()
        const other = createServer()
        yield* Effect.callback<void>((resume) => {
          other.listen(port, "127.0.0.1", () => resume(Effect.void))
        })
        const daemon = yield* launch
        yield* waitUntil(
          "it does not say that the port is taken",
          Effect.sync(() =>
            daemon.said().includes(`cannot listen on 127.0.0.1:${port}: another program listens there`)
          ),
          90_000
        )
        yield* waitUntil(
          "the socket does not answer",
          Effect.map(ask("/healthz", { socket: true }), ({ status }) => status === 200)
        )
        yield* Effect.callback<void>((resume) => {
          other.close(() => resume(Effect.void))
        })
        yield* waitUntil("it does not try the port again", isUp, 30_000)
        assert.lengthOf(daemon.said().match(/cannot listen/g) ?? [], 1)
        const before = yield* token
        daemon.signal("SIGKILL")
        yield* daemon.done
        const next = yield* start
        assert.strictEqual(yield* token, before)
        assert.strictEqual((yield* get("/api/v1/apps")).status, 200)
        yield* waitUntil(
          "the socket of a killed daemon is not replaced",
          Effect.map(ask("/healthz", { socket: true }), ({ status }) => status === 200)
        )
        next.signal("SIGTERM")
        assert.strictEqual((yield* next.done).code, 130, next.said())
        assert.notInclude(yield* world.namesIn("root"), "http.sock")
      }),
    300_000
  )

  it.live(
    "is not there with http: off, and does not use a token that others could read",
    () =>
      Effect.gen(function* () {
        const { ask, isUp, launch, world } = yield* serving()
        yield* world.write("root/token", `${"x".repeat(43)}\n`)
        const daemon = yield* launch
        yield* waitUntil(
          "it does not say what is wrong with the token",
          Effect.sync(() => daemon.said().includes("may be read or written by other users (mode 0644)")),
          90_000
        )
        assert.isFalse(yield* isUp)
        assert.strictEqual((yield* ask("/healthz", { socket: true })).status, 0)
        daemon.signal("SIGTERM")
        yield* daemon.done
        const yaml = (yield* world.textOf("lastgood.yaml")) ?? ""
        yield* world.write("lastgood.yaml", yaml.replace(/^http: .*$/m, "http: off"))
        const silent = yield* launch
        yield* waitUntil(
          "the daemon does not start",
          Effect.sync(() => silent.said().includes("lastgood watches")),
          90_000
        )
        yield* Effect.sleep("2 seconds")
        assert.notInclude(yield* world.namesIn("root"), "http.sock")
      }),
    300_000
  )
})
