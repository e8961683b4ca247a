/** Commands beside a daemon of their root: the daemon does the work, and the command is as it is without one. */
import { createHash } from "node:crypto"
import { chmod, chown, rename, rm } from "node:fs/promises"
import { createServer as createHttpServer } from "node:http"
import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import own from "../../../../packages/cli/package.json" with { type: "json" }
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../../expect.ts"
import { harms, migrates, type Ran, v1, v2, v3, type World, waitUntil } from "../../harness.ts"
import { serving } from "./serving.ts"

// Some stop what they do in the middle of a step, which they must not miss: not more than three at once.
vi.setConfig({ maxConcurrency: 3 })

const quiet = { config: "    interval: 1h\n" }

/** What differs from one time to the next: times, ids, hashes, sizes, pids and folders. */
const plain = (world: World, text: string): string =>
  text
    .replaceAll(world.home, "<home>")
    .replaceAll(new URL(world.url).host, "<app>")
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, "<id>")
    .replace(/\b\d{8}T\d{6}\S*/g, "<snapshot>")
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*( [A-Z]{3,4})?/g, "<time>")
    .replace(/\b\d\d:\d\d:\d\d\b/g, "<time>")
    .replace(/\b\d+(\.\d+)? ?(ms|s|B|kB|MB|GB)\b/g, "<n>")
    .replace(/\d+ of \d+ checks/g, "<n> checks")
    .replace(/("(?:ms|position|bytes)": )[\d.]+/g, "$1<n>")
    .replace(/\b[0-9a-f]{7,64}\b/g, "<hash>")
    // Where a long line is cut depends on the length of its times.
    .replace(/^(<time> .*gate failed after <n>).*$/gm, "$1")

const commands: ReadonlyArray<ReadonlyArray<string>> = [
  ["snapshot", "demo"],
  ["upgrade", "demo"],
  ["upgrade", "demo", "--json"],
  ["upgrade", "demo"],
  ["upgrade", "demo", "--to", "9.9.9+9.9.9"],
  ["rollback", "demo", "--snapshot", "none", "--json"],
  ["retry", "demo", v3],
  ["hold", "demo", "--reason", "a party", "--for", "1h"],
  ["approve", "demo", v3, "--json"],
  ["approve", "demo", v3, "--withdraw"],
  ["release", "demo"],
  ["release", "demo", "--json"],
  ["alerts", "ack", "demo", "--all"],
  ["try", "demo", v3, "--json"],
  ["try", "demo", v2, "--", "true"],
  ["rollback", "demo"],
  ["restore", "demo", "--quiet"],
  ["deploy", "demo"],
  ["promote", "demo", "--json"],
  ["promote", "demo", "--at-teardown"],
  ["deploy", "demo"]
]

const all = Effect.fnUntraced(function* (world: World) {
  yield* world.tag(v2, migrates)
  const rans: Array<Ran> = []
  for (const command of commands) {
    if (rans.length === 2) yield* world.tag(v3, { ...harms, schema: 3 })
    rans.push(yield* world.lastgood(command))
  }
  return rans
})

const types = (world: World) => Effect.map(world.log, ({ events }) => events.map(({ type }) => type))

const stepIs = (world: World, step: string) =>
  waitUntil(
    `${step} does not begin`,
    Effect.map(world.lastStep, (last) => last === step),
    90_000
  )

const ends = (world: World, count: number) =>
  waitUntil(
    "the attempt does not end",
    Effect.map(types(world), (found) => found.filter((type) => type === "AttemptEnded").length === count),
    90_000
  )

/** A daemon whose first pass has ended. It upgrades nothing by itself meanwhile. */
const beside = Effect.gen(function* () {
  const { get, start, world } = yield* serving("", quiet)
  const daemon = yield* start
  yield* waitUntil(
    "the first pass does not end",
    Effect.map(get("/metrics"), ({ text }) => text.includes('lastgood_daemon_passes_total{outcome="nothing"} 1\n')),
    60_000
  )
  return { daemon, start, world }
})

const runs = (world: World, version: string) =>
  Effect.map(world.page, (page) => assert.strictEqual(page.version, version))

describe.concurrent("a command beside a daemon", () => {
  /** Verifies: LAW-7, LAW-13 */
  it.live(
    "prints, records and ends as it does without one, while the daemon does the work",
    () =>
      Effect.gen(function* () {
        const alone = yield* installed(quiet)
        const { daemon, world } = yield* beside
        const [expected, found] = yield* Effect.all([all(alone), all(world)], { concurrency: 2 })
        const show = (of: World, rans: ReadonlyArray<Ran>) =>
          rans.map(({ code, stderr, stdout }, index) => [commands[index], code, plain(of, stdout), plain(of, stderr)])
        assert.deepStrictEqual(show(world, found), show(alone, expected))
        const events = yield* expectWholeLog(world)
        assert.notInclude(
          events.map(({ actor }) => actor),
          "http"
        )
        const told = ({ actor, type }: { actor: string; type: string }) => `${actor} ${type}`
        const byCommands = (one: ReadonlyArray<{ actor: string; type: string }>) =>
          one.filter(({ actor }) => actor.startsWith("cli:")).map(told)
        assert.deepStrictEqual(byCommands(events), byCommands((yield* alone.log).events))
        yield* expectNoOldCodeOnNewData(world)
        assert.isTrue(daemon.isRunning(), daemon.said())
        assert.include(daemon.said(), "UpgradeAttempted", "the daemon did it")
      }),
    480_000
  )

  /** Verifies: LAW-6 */
  it.live(
    "interrupts the attempt at Ctrl-C, finishes a step that keeps the app down, and the daemon does the rest at once",
    () =>
      Effect.gen(function* () {
        const { daemon, world } = yield* beside
        yield* world.tag(v2, { ...migrates, health: 500 })
        const gate = world.start(["upgrade", "demo"])
        yield* stepIs(world, "health")
        gate.signal("SIGINT")
        const first = yield* gate.done
        expectCode(first, 130)
        assert.include(first.stderr, "interrupted; the daemon finishes the attempt now: lastgood log demo")
        // The next pass is due in an hour.
        yield* ends(world, 2)
        assert.include(yield* types(world), "HealthFailed")
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })

        yield* world.tag(v3, migrates)
        yield* world.tag("1.0.1+1.0.1", { slowStop: 2000 })
        expectCode(yield* world.lastgood(["upgrade", "demo", "--to", "1.0.1+1.0.1"]), 0)
        const down = world.start(["upgrade", "demo", "--to", v3])
        yield* stepIs(world, "undeploy")
        down.signal("SIGTERM")
        const second = yield* down.done
        expectCode(second, 130)
        assert.include(second.stderr, "finishing the step that keeps demo down; press again to leave at once")
        assert.include(second.stderr, "Deployed")
        yield* ends(world, 4)
        assert.isTrue(daemon.isRunning(), daemon.said())
        yield* runs(world, v3)
      }),
    300_000
  )

  /** Verifies: LAW-6, LAW-13 */
  it.live(
    "rolls back a try at Ctrl-C, and says so",
    () =>
      Effect.gen(function* () {
        const { world } = yield* beside
        yield* world.tag(v2, { ...migrates, health: 500 })
        const tried = world.start(["try", "demo", v2])
        yield* stepIs(world, "health")
        tried.signal("SIGINT")
        const ran = yield* tried.done
        expectCode(ran, 130)
        assert.include(ran.stderr, "was interrupted; rolled back: 1.0.0+1.0.0 is running and healthy")
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      }),
    300_000
  )

  /** Verifies: LAW-6 */
  it.live(
    "may be killed, or leave at a second Ctrl-C: the daemon goes on",
    () =>
      Effect.gen(function* () {
        const { daemon, world } = yield* beside
        yield* world.tag("1.0.1+1.0.1", { slowStop: 2000 })
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* world.tag(v2, { ...migrates, slowStop: 2000 })
        const killed = world.start(["upgrade", "demo"])
        yield* stepIs(world, "undeploy")
        killed.signal("SIGKILL")
        yield* killed.done
        yield* ends(world, 3)
        yield* runs(world, v2)

        const leaving = world.start(["snapshot", "demo"])
        yield* stepIs(world, "undeploy")
        leaving.signal("SIGINT")
        yield* waitUntil(
          "it does not say that it waits",
          Effect.sync(() => leaving.said().includes("press again"))
        )
        leaving.signal("SIGINT")
        expectCode(yield* leaving.done, 130)
        yield* ends(world, 4)
        yield* runs(world, v2)
        assert.isTrue(daemon.isRunning(), daemon.said())
        expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      }),
    300_000
  )

  /** Verifies: LAW-6 */
  it.live(
    "says that the daemon ended when it was killed, and the daemon's next start finishes the attempt",
    () =>
      Effect.gen(function* () {
        const { daemon, start, world } = yield* beside
        yield* world.tag("1.0.1+1.0.1", { slowStop: 2000 })
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* world.tag(v2, migrates)
        const asked = world.start(["upgrade", "demo", "--json"])
        yield* stepIs(world, "undeploy")
        daemon.signal("SIGKILL")
        const ran = yield* asked.done
        expectCode(ran, 1)
        const { error } = JSON.parse(ran.stdout)
        assert.deepStrictEqual(error, {
          tag: "DaemonLost",
          message: "the daemon ended while it worked on demo: its next start finishes an attempt that had begun",
          next: "start the daemon (systemctl start lastgood), then run lastgood status demo"
        })
        yield* start
        yield* ends(world, 3)
        yield* runs(world, v2)
        yield* expectWholeLog(world)
      }),
    300_000
  )

  /** Verifies: LAW-7 */
  it.live(
    "works by itself if the daemon is gone, stuck, of another version, or has another configuration",
    () =>
      Effect.gen(function* () {
        const { start, world } = yield* serving("", quiet)
        const hold = ["hold", "demo", "--reason", "me", "--wait", "1s"]
        const holds = Effect.map(types(world), (found) => found.filter((type) => type === "AppHeld").length)
        const daemon = yield* start
        yield* world.write("other.yaml", (yield* world.textOf("lastgood.yaml")) ?? "")
        expectCode(yield* world.lastgood([...hold, "--config", world.at("other.yaml")]), 0)
        assert.notInclude(daemon.said(), "AppHeld", "the daemon did not do it")
        daemon.signal("SIGSTOP")
        expectCode(yield* world.lastgood(hold), 0)
        daemon.signal("SIGKILL")
        yield* daemon.done
        // Its socket is still there.
        expectCode(yield* world.lastgood(hold), 0)
        assert.strictEqual(yield* holds, 3)
        yield* Effect.promise(() => rm(world.at("root", "http.sock")))
        const answers = [
          'HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{"version":"99.0.0","accepts":true}',
          "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
          "not HTTP at all\r\n\r\n",
          ""
        ]
        for (const [index, answer] of answers.entries()) {
          const server = createServer((socket) => {
            socket.on("error", () => undefined)
            socket.on("data", () => socket.end(answer))
          })
          yield* Effect.promise(
            () => new Promise<void>((resolve) => server.listen(world.at("root", "http.sock"), resolve))
          )
          expectCode(yield* world.lastgood(hold), 0)
          assert.strictEqual(yield* holds, 4 + index)
          yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
        }
      }),
    300_000
  )

  /** Verifies: LAW-17 */
  it.live.skipIf(process.geteuid?.() !== 0)(
    "is not asked over the socket of another user",
    () =>
      Effect.gen(function* () {
        const { world } = yield* serving("", quiet)
        const socket = world.at("root", "http.sock")
        let connections = 0
        const server = createServer((client) => {
          connections += 1
          client.destroy()
        })
        yield* Effect.acquireRelease(
          Effect.promise(() => new Promise<void>((resolve) => server.listen(socket, resolve))),
          () => Effect.sync(() => server.close())
        )
        const hold = ["hold", "demo", "--reason", "me"]
        expectCode(yield* world.lastgood(hold), 0)
        assert.strictEqual(connections, 1)
        yield* Effect.promise(() => chown(socket, 65_534, 65_534))
        expectCode(yield* world.lastgood(hold), 0)
        assert.strictEqual(connections, 1)
      }),
    300_000
  )
})

/** The order of keys means nothing. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => a.localeCompare(b))
            .map(([key, one]) => [key, sorted(one)])
        )
      : value

/** A status that no app of these tests has. */
const standing = { phase: "removed", running: null, lastGood: null, snapshot: null, quarantined: [], now: null }

const digestOf = (text: string | null): string =>
  createHash("sha256")
    .update(text ?? "")
    .digest("hex")

/** Answers every request as it is told to, in place of a daemon. */
const inPlaceOf = Effect.fnUntraced(function* (world: World, answer: (path: string) => object | null) {
  const requests: Array<string> = []
  const server = createHttpServer(({ url = "" }, response) => {
    requests.push(url)
    const found = answer(url)
    response.statusCode = found === null ? 404 : 200
    response.end(JSON.stringify(found))
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(world.at("root", "http.sock"), resolve))),
    () => Effect.sync(() => server.close())
  )
  return requests
})

describe.concurrent("status beside a daemon", () => {
  /** Verifies: LAW-16 */
  it.live(
    "shows what it shows without one, of all apps and of one, for people and programs",
    () =>
      Effect.gen(function* () {
        const { daemon, world } = yield* beside
        yield* world.setTrouble(true)
        const shown = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
          const { code, stderr, stdout } = yield* world.lastgood(["status", ...args])
          const text = args.includes("--json") ? JSON.stringify(sorted(JSON.parse(stdout))) : stdout
          return [code, text, stderr]
        })
        const ways = [[], ["--json"], ["demo"], ["demo", "--json"], ["other"]]
        const byDaemon = yield* Effect.forEach(ways, (way) => shown(...way))
        yield* Effect.promise(() => rename(world.at("root", "http.sock"), world.at("root", "away.sock")))
        const byItself = yield* Effect.forEach(ways, (way) => shown(...way))
        assert.deepStrictEqual(byDaemon, byItself)
        assert.include(JSON.stringify(byDaemon), "503")
        assert.isTrue(daemon.isRunning(), daemon.said())
      }),
    300_000
  )

  /** Verifies: LAW-17 */
  it.live(
    "is the daemon's answer only if the daemon has read the configuration as it is",
    () =>
      Effect.gen(function* () {
        const { ask, start, world } = yield* serving("", quiet)
        yield* start
        const file = world.at("lastgood.yaml")
        const text = (yield* world.textOf("lastgood.yaml")) ?? ""
        const sees = (config: string, digest: string, socket = true) =>
          Effect.map(ask(`/cli/sees?${new URLSearchParams({ config, digest })}`, { socket }), (answer) =>
            answer.status === 200 ? JSON.parse(answer.text).sees : answer.status
          )
        assert.isTrue(yield* sees(file, digestOf(text)))
        assert.strictEqual(yield* sees(file, digestOf(text), false), 404)
        assert.isFalse(yield* sees(world.at("other.yaml"), digestOf(text)))
        assert.isFalse(yield* sees(file, digestOf(`${text} `)))
        yield* world.write("lastgood.yaml", `${text}# changed\n`)
        assert.isTrue(yield* sees(file, digestOf(`${text}# changed\n`)))
        assert.isFalse(yield* sees(file, digestOf(text)))
        yield* world.write("lastgood.yaml", "apps: [")
        assert.isFalse(yield* sees(file, digestOf("apps: [")))
        const refused = yield* world.lastgood(["status"])
        expectCode(refused, 64)
        assert.include(refused.stderr, "lastgood.yaml:1:")
        yield* world.write("lastgood.yaml", text)
        assert.isTrue(yield* sees(file, digestOf(text)))
        yield* Effect.promise(() => chmod(world.at("root", "demo", "run"), 0o777))
        assert.isFalse(yield* sees(file, digestOf(text)))
        expectCode(yield* world.lastgood(["status"]), 64)
      }),
    300_000
  )

  /** Verifies: LAW-17 */
  it.live(
    "looks by itself if the daemon is stuck, of another version or another user's, or does not know",
    () =>
      Effect.gen(function* () {
        const { start, world } = yield* serving("", quiet)
        const phase = Effect.gen(function* () {
          const ran = yield* world.lastgood(["status", "--json"])
          expectCode(ran, 0)
          return JSON.parse(ran.stdout).apps[0].phase
        })
        const daemon = yield* start
        daemon.signal("SIGSTOP")
        assert.strictEqual(yield* phase, "running")
        daemon.signal("SIGKILL")
        yield* daemon.done
        assert.strictEqual(yield* phase, "running")
        yield* Effect.promise(() => rm(world.at("root", "http.sock")))
        let sees: object | null = { version: own.version, sees: true, daemon: "somebody" }
        let apps: object | null = { apps: [{ ...standing, app: "demo" }], unconfigured: [] }
        const requests = yield* inPlaceOf(world, (path) =>
          path.startsWith("/cli/sees") ? sees : path.startsWith("/api/v1/alerts") ? { alerts: [] } : apps
        )
        assert.strictEqual(yield* phase, "removed", "the answer of the daemon is not used")
        const asked = new URL(requests[0] ?? "", "http://localhost").searchParams
        assert.deepStrictEqual(Object.fromEntries(asked), {
          config: world.at("lastgood.yaml"),
          digest: digestOf(yield* world.textOf("lastgood.yaml"))
        })
        sees = { ...sees, version: "99.0.0" }
        assert.strictEqual(yield* phase, "running")
        sees = { ...sees, version: own.version, sees: false }
        assert.strictEqual(yield* phase, "running")
        sees = null
        assert.strictEqual(yield* phase, "running")
        sees = { version: own.version, sees: true, daemon: null }
        apps = null
        assert.strictEqual(yield* phase, "running")
        if (process.geteuid?.() !== 0) return
        const before = requests.length
        yield* Effect.promise(() => chown(world.at("root", "http.sock"), 65_534, 65_534))
        assert.strictEqual(yield* phase, "running")
        assert.lengthOf(requests, before)
      }),
    300_000
  )
})
