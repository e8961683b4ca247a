/** The daemon in trouble: of one app, of the log, and of its own end. */
import { randomUUID } from "node:crypto"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layer } from "@lastgood/core/log/EventStoreSqlite"
import { isLastgood } from "@lastgood/testing/binary"
import { killGroup } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { execa } from "execa"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../expect.ts"
import { migrates, type Ran, v1, v2, type World, waitUntil } from "../harness.ts"
import { configure, makeTiny, tagTiny, tinyYaml } from "../tiny.ts"

const often = { config: "    interval: 300ms\n" }
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }
const decodeDaemon = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ daemon: Schema.NullOr(Schema.String) }))
)
const said = ({ stdout, stderr }: Ran) => stdout + stderr

const runs = (world: World, version: string) =>
  world.page.pipe(
    Effect.map((page) => page.version === version),
    Effect.catchCause(() => Effect.succeed(false))
  )

/** As systemd does with `KillMode=process`. */
const terminate = Effect.fnUntraced(function* (world: World) {
  const all = yield* world.processes
  for (const { command, pid } of all) if (isLastgood(command)) process.kill(pid, "SIGTERM")
})

const hasBegun = (world: World, attempts: number) =>
  Effect.map(world.log, ({ events }) => events.filter(({ type }) => type === "UpgradeAttempted").length >= attempts)

/** An event that no lastgood writes: the app's own history cannot be read any more. */
const spoil = (world: World, app: string) =>
  EventStore.use((store) =>
    store.append(`app/${app}`, { _tag: "Any" }, [
      {
        id: randomUUID(),
        at: new Date(0).toISOString(),
        actor: "test",
        attempt: null,
        type: "Deployed",
        v: 1,
        data: {}
      }
    ])
  ).pipe(Effect.provide(layer({ path: world.at("root", "events.db") })), Effect.orDie)

describe("a problem of one app", () => {
  it.live(
    "does not stop other apps: a missing recipe, a hanging health check, a held claim, an unreadable log",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* makeTiny(world, v1)
        const hangs = `test ! -e ${world.at("hang")} || sleep 1000`
        yield* configure(
          world,
          tinyYaml("gone", { recipe: "./nowhere" }),
          tinyYaml("hangs", { check: hangs, deadline: "6s" }),
          tinyYaml("held"),
          tinyYaml("odd")
        )
        for (const app of ["hangs", "held", "odd"]) expectCode(yield* world.lastgood(["deploy", app]), 0)
        // Begun from a healthy app: what hangs does so from the start of the newer version on.
        const procfile = `web: touch ${world.at("hang")} && exec sleep 100000\n`
        yield* Effect.promise(() => writeFile(world.at("tiny", "Procfile"), procfile))
        yield* spoil(world, "odd")
        yield* Effect.acquireRelease(
          Effect.sync(() =>
            execa("flock", [world.at("root", "held", "claim"), "sleep", "1000"], { reject: false, detached: true })
          ),
          (child) => Effect.sync(() => killGroup(child.pid))
        )
        yield* tagTiny(world, v2)
        yield* world.tag(v2, migrates)
        const ran = yield* world.lastgood(["reconcile", "--once"])
        // Neither its version nor the previous one becomes healthy, so it needs an operator.
        expectCode(ran, 4)
        assert.match(ran.stdout, /demo: committed/)
        assert.match(ran.stdout, /gone: error: .*nowhere/)
        assert.match(ran.stdout, /hangs: unhealthy/)
        assert.match(ran.stdout, /held: skipped: another lastgood is working on held: pid \d+ \((flock|sleep)\)/)
        assert.match(ran.stdout, /odd: error: .*app\/odd/)
        assert.notInclude(said(ran), "a bug in lastgood")
        yield* expectApp(world, upgraded)
      }),
    300_000
  )

  it.live(
    "does not delay an attempt in flight",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* makeTiny(world, v1)
        // Asked for first: the order of the configuration.
        const yaml = (yield* world.textOf("lastgood.yaml")) ?? ""
        yield* Effect.promise(() =>
          writeFile(world.at("lastgood.yaml"), yaml.replace("apps:\n", `apps:\n${tinyYaml("first")}`))
        )
        expectCode(yield* world.lastgood(["deploy", "first"]), 0)
        yield* tagTiny(world, v2)
        yield* world.tag(v2, migrates)
        expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/snapshot:after:kill")), null)
        assert.isFalse(yield* world.isUp)
        expectCode(yield* world.lastgood(["reconcile", "--once", "--concurrency", "1"]), 0)
        yield* expectApp(world, upgraded)
        const { events } = yield* world.log
        const finished = events.findIndex(({ stream, type }) => stream === "app/demo" && type === "UpgradeCommitted")
        const began = events.findIndex(({ stream, type }) => stream === "app/first" && type === "UpgradeAttempted")
        assert.isAbove(finished, 0)
        assert.isAbove(began, finished)
      }),
    300_000
  )
})

describe("a log that cannot be used for a while", () => {
  /** Verifies: LAW-6, LAW-10 */
  it.live(
    "is reported and retried, and used again without a restart",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        const log = world.at("root", "events.db")
        const daemon = yield* Effect.forkChild(world.lastgood(["reconcile"]))
        yield* waitUntil(
          "the daemon does not start",
          Effect.map(world.processes, (all) => all.some(({ command }) => command.includes("reconcile")))
        )
        yield* Effect.sleep("4 seconds")
        // Something else in its place, then nothing that can be written, then a copy of it: another file.
        yield* Effect.promise(async () => {
          await rename(log, world.at("log"))
          for (const end of ["-wal", "-shm"]) await rename(`${log}${end}`, world.at(`log${end}`)).catch(() => undefined)
          await writeFile(log, "this is no log\n")
        })
        yield* world.tag(v2, migrates)
        yield* Effect.sleep("3 seconds")
        assert.strictEqual((yield* world.page).version, v1)
        yield* Effect.promise(async () => {
          await rm(log)
          await mkdir(log)
        })
        yield* Effect.sleep("2 seconds")
        yield* Effect.promise(async () => {
          await rm(log, { recursive: true, force: true })
          for (const end of ["-wal", "-shm"]) await rm(`${log}${end}`, { force: true })
          for (const end of ["", "-wal", "-shm"])
            await execa("cp", [world.at(`log${end}`), `${log}${end}`], { reject: false })
        })
        yield* waitUntil("the daemon does not go on", runs(world, v2), 60_000)
        yield* waitUntil(
          "last_good does not move",
          Effect.map(world.textOf("root", "demo", "last_good"), (text) => text === `${v2}\n`),
          60_000
        )
        yield* terminate(world)
        const ran = yield* Fiber.join(daemon)
        expectCode(ran, 130)
        assert.match(ran.stdout, /"level":"error","app":"demo".*"error: .*events\.db.*not a lastgood log/)
        yield* expectWholeLog(world)
      }),
    300_000
  )
})

/** What `status` says of the daemon. */
const daemonOf = Effect.fnUntraced(function* (world: World) {
  const { stdout } = yield* world.lastgood(["status", "--offline", "--json"])
  return (yield* Effect.orDie(decodeDaemon(stdout))).daemon
})

describe("status", () => {
  /** Verifies: LAW-16 */
  it.live("names the daemon that watches, and none after it was killed", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      assert.isNull(yield* daemonOf(world))
      const daemon = yield* Effect.forkChild(world.lastgood(["reconcile"]))
      yield* waitUntil(
        "the daemon does not say that it watches",
        Effect.map(daemonOf(world), (found) => found !== null),
        60_000
      )
      const watcher = (yield* world.processes).find(
        ({ command }) => isLastgood(command) && command.includes(" reconcile")
      )
      assert.include(yield* daemonOf(world), `pid ${watcher?.pid}, since `)
      process.kill(watcher?.pid ?? 0, "SIGKILL")
      yield* Fiber.join(daemon)
      assert.isNull(yield* daemonOf(world))
      assert.include(
        (yield* world.lastgood(["status"])).stdout,
        "no daemon is running; to start one: lastgood reconcile"
      )
    })
  )
})

describe("SIGTERM at any moment of an upgrade", () => {
  /** Verifies: LAW-1, LAW-2 */
  it.live(
    "leaves the app up, and the next lastgood resumes the upgrade",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        const delays = [0, 300, 900, 2000]
        for (const [round, delay] of delays.entries()) {
          yield* world.tag(`1.${round + 1}.0+1.0.0`, migrates)
          const daemon = yield* Effect.forkChild(world.lastgood(["reconcile"]))
          yield* waitUntil(`round ${round} does not begin`, hasBegun(world, round + 1), 60_000)
          yield* Effect.sleep(delay)
          yield* terminate(world)
          const ran = yield* Fiber.join(daemon)
          expectCode(ran, 130)
          yield* waitUntil(`the app is down after ${delay} ms: ${said(ran)}`, world.isUp, 10_000)
          yield* expectWholeLog(world)
          // What was begun is finished before the next version is looked at.
          const once = yield* world.lastgood(["reconcile", "--once"])
          expectCode(once, 0)
          assert.strictEqual((yield* world.page).version, `1.${round + 1}.0+1.0.0`)
        }
        yield* expectNoOldCodeOnNewData(world)
        const { events } = yield* world.log
        assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, delays.length)
        assert.strictEqual(events.filter(({ type }) => type === "RollbackStarted").length, 0)
      }),
    300_000
  )
})
