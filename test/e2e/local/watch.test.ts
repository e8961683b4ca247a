/** The daemon between its passes: an unhealthy app gets one alert, and one notice when it recovers. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { v1, type World, waitUntil } from "../harness.ts"
import { configure, makeTiny, tinyYaml } from "../tiny.ts"

/** Passes so seldom that only the watch can have seen it. */
const watched = (watch = "200ms") => ({ config: "    interval: 1h\n", health: `, watch: ${watch}` })

const daemon = (world: World) => Effect.forkScoped(world.lastgood(["reconcile"]))

/** One that is just being written is not there yet. */
const outcomes = (world: World) =>
  world.alerts.pipe(
    Effect.map((all) => all.map(({ outcome }) => outcome)),
    Effect.catchCause(() => Effect.succeed([]))
  )

const until = (world: World, wanted: ReadonlyArray<string>) =>
  waitUntil(
    `the alerts are not ${wanted.join(", ")}`,
    Effect.map(outcomes(world), (found) => JSON.stringify(found) === JSON.stringify(wanted)),
    90_000
  )

const serverOf = (world: World) =>
  Effect.map(world.processes, (all) => all.find(({ command }) => command.includes("server.mjs"))?.pid ?? 0)

const stays = (world: World, wanted: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    yield* Effect.sleep("2 seconds")
    assert.deepStrictEqual(yield* outcomes(world), wanted)
  })

/** Verifies: LAW-10 */
describe.concurrent("an app that the daemon watches", () => {
  it.live("that answers 503 raises one alert, however long it lasts, and one notice when it is healthy again", () =>
    Effect.gen(function* () {
      const world = yield* installed(watched())
      yield* daemon(world)
      yield* Effect.sleep("2 seconds")
      yield* world.setTrouble(true)
      yield* until(world, ["unhealthy"])
      yield* stays(world, ["unhealthy"])
      assert.strictEqual((yield* world.status).phase, "unhealthy")
      yield* world.setTrouble(false)
      yield* until(world, ["unhealthy", "healthy"])
      yield* stays(world, ["unhealthy", "healthy"])
      assert.strictEqual((yield* world.status).phase, "running")
      const [raised, over] = yield* world.alerts
      assert.match(raised?.why ?? "", /503/)
      assert.match(raised?.next ?? "", /lastgood doctor demo/)
      assert.match(over?.why ?? "", /1\.0\.0\+1\.0\.0 is healthy again; it had been unhealthy since .*503/)
      const types = (yield* expectWholeLog(world)).map(({ type }) => type)
      assert.strictEqual(types.filter((type) => type === "AppUnhealthy").length, 1)
      assert.strictEqual(types.filter((type) => type === "AppRecovered").length, 1)
    })
  )

  it.live("that is killed is restarted immediately, with an alert and a notice", () =>
    Effect.gen(function* () {
      const world = yield* installed(watched())
      yield* daemon(world)
      yield* Effect.sleep("2 seconds")
      process.kill(yield* serverOf(world), "SIGKILL")
      yield* until(world, ["unhealthy", "healthy"])
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.match((yield* world.alerts)[1]?.why ?? "", /; lastgood restarted it;/)
      yield* stays(world, ["unhealthy", "healthy"])
    })
  )

  it.live("that is frozen is reported and not touched", () =>
    Effect.gen(function* () {
      const world = yield* installed(watched())
      yield* daemon(world)
      yield* Effect.sleep("2 seconds")
      const pid = yield* serverOf(world)
      process.kill(pid, "SIGSTOP")
      yield* until(world, ["unhealthy"])
      assert.strictEqual(yield* serverOf(world), pid)
      process.kill(pid, "SIGCONT")
      yield* until(world, ["unhealthy", "healthy"])
    })
  )

  it.live("is not reported while an operator has it down, or if watch is off", () =>
    Effect.gen(function* () {
      const world = yield* installed(watched())
      yield* daemon(world)
      yield* Effect.sleep("1 second")
      expectCode(yield* world.lastgood(["promote", "demo", "--at-teardown", "--wait", "1m"]), 0)
      yield* stays(world, [])
      expectCode(yield* world.lastgood(["deploy", "demo", "--wait", "1m"]), 0)
      yield* world.setTrouble(true)
      yield* until(world, ["unhealthy"])
      const off = yield* installed(watched("off"))
      yield* daemon(off)
      yield* off.setTrouble(true)
      yield* stays(off, [])
    })
  )
})

/** Verifies: LAW-10 */
describe.concurrent("reconcile --once", () => {
  it.live("exits with 1 for an unhealthy app, names it, raises one alert, and reports when it is healthy again", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* makeTiny(world, v1)
      yield* configure(world, tinyYaml("fine"))
      expectCode(yield* world.lastgood(["deploy", "fine"]), 0)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* world.setTrouble(true)
      for (const _ of [1, 2]) {
        const ran = yield* world.lastgood(["reconcile", "--once"])
        expectCode(ran, 1)
        assert.match(ran.stdout, /demo: error: not healthy: .*503.*\(next: lastgood doctor demo\)/)
        assert.match(ran.stdout, /fine: nothing/)
      }
      assert.deepStrictEqual(yield* outcomes(world), ["unhealthy"])
      yield* world.setTrouble(false)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      assert.deepStrictEqual(yield* outcomes(world), ["unhealthy", "healthy"])
    })
  )

  it.live("first restarts killed processes", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      process.kill(yield* serverOf(world), "SIGKILL")
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.deepStrictEqual(yield* outcomes(world), ["unhealthy", "healthy"])
    })
  )
})
