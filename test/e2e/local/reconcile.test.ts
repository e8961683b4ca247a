/** The daemon from outside: it upgrades by itself, leaves apps safe when it is stopped or killed, and goes on from the log. */
import { assert, describe, it } from "@effect/vitest"
import { isLastgood } from "@lastgood/testing/binary"
import { kill, mentioning } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { harms, migrates, v1, v2, v3, type World, waitUntil } from "../harness.ts"

const often = { config: "    interval: 300ms\n" }

/** Runs until it is interrupted (SIGTERM) or the scope closes. */
const daemon = (world: World, env: Readonly<Record<string, string>> = {}) =>
  Effect.forkScoped(world.lastgood(["reconcile"], env))

const runs = (world: World, version: string) =>
  Effect.catchCause(
    Effect.map(world.page, (page) => page.version === version),
    () => Effect.succeed(false)
  )

const ended = (world: World, outcome: string) =>
  Effect.map(world.log, ({ events }) =>
    events.some(({ type, data }) => type === "AttemptEnded" && JSON.stringify(data).includes(`"${outcome}"`))
  )

describe("lastgood reconcile", () => {
  it.live(
    "upgrades an app when a newer version appears",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        yield* daemon(world)
        yield* world.tag(v2, migrates)
        yield* waitUntil(
          "the daemon does not upgrade",
          ended(world, "committed").pipe(Effect.andThen(runs(world, v2))),
          30_000
        )
        yield* waitUntil(
          "last_good does not move",
          Effect.map(world.status, (s) => s.lastGood === v2)
        )
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      }),
    60_000
  )

  /** Verifies: LAW-8, LAW-9 */
  it.live(
    "rolls a failing version back once, and does not try it again",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        yield* world.tag(v2, harms)
        yield* daemon(world)
        yield* waitUntil("the daemon does not roll back", ended(world, "recovered"), 30_000)
        // Several more passes.
        yield* Effect.sleep("1500 millis")
        const { events } = yield* world.log
        assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, 1)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        yield* expectNoOldCodeOnNewData(world)
      }),
    60_000
  )

  /** Verifies: LAW-6 */
  it.live(
    "resumes an upgrade from the log after it was killed",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        yield* world.tag(v2, migrates)
        const killed = yield* world.lastgood(["reconcile"], world.fault("forward/snapshot:after:kill"))
        expectCode(killed, null)
        assert.isFalse(yield* world.isUp)
        yield* daemon(world)
        yield* waitUntil("the new daemon does not finish the upgrade", runs(world, v2), 30_000)
        yield* waitUntil(
          "the attempt does not end",
          ended(world, "committed").pipe(Effect.andThen(Effect.map(world.status, (s) => s.lastGood === v2)))
        )
        const events = yield* expectWholeLog(world)
        assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, 1)
      }),
    60_000
  )

  /** Verifies: LAW-1, LAW-2 */
  it.live(
    "starts an app that is down before it exits",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        yield* world.tag(v2, { ...migrates, slowStop: 0 })
        const running = yield* daemon(world)
        yield* waitUntil(
          "the app is not taken down",
          Effect.map(world.lastStep, (s) => s === "undeploy" || s === "snapshot"),
          30_000
        )
        yield* Fiber.interrupt(running)
        yield* waitUntil(
          "the daemon does not end",
          // Of this world alone: others may have a daemon on the same host.
          Effect.map(mentioning(world.home), (all) =>
            all.every(({ command }) => !(isLastgood(command) && command.includes(" reconcile")))
          ),
          20_000
        )
        yield* waitUntil("the app is left down", world.isUp)
        yield* expectNoOldCodeOnNewData(world)
        yield* expectNoStrayProcess(world)
        // Whatever it had not finished, the next run does.
        expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      }),
    60_000
  )

  it.live(
    "restarts an app whose processes were lost",
    () =>
      Effect.gen(function* () {
        const world = yield* installed(often)
        const [app] = yield* world.processes
        yield* kill(app?.pid ?? 0)
        yield* waitUntil(
          "the app survives kill -9",
          Effect.map(world.isUp, (up) => !up)
        )
        yield* daemon(world)
        yield* waitUntil("the daemon does not bring the app back", runs(world, v1), 30_000)
        assert.deepStrictEqual((yield* world.page).rows, ["a"])
      }),
    60_000
  )

  it.live(
    "works on its other apps if one is broken, and reports it",
    () =>
      Effect.gen(function* () {
        const world = yield* installed({
          config: `  broken:\n    recipe: ./nowhere\n    runtime: local\n    volumes: [data]\n    health: { checks: [{ tcp: "127.0.0.1:9" }] }\n`
        })
        yield* world.tag(v2, migrates)
        const ran = yield* world.lastgood(["reconcile", "--once"])
        expectCode(ran, 1)
        assert.match(ran.stdout + ran.stderr, /broken.*nowhere/)
        yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      }),
    60_000
  )

  it.live(
    "does not upgrade a held app or one with policy manual",
    () =>
      Effect.gen(function* () {
        const world = yield* installed({ config: "    policy: manual\n" })
        yield* world.tag(v2, migrates)
        expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        expectCode(yield* world.lastgood(["hold", "demo", "--reason", "audit"]), 0)
        yield* world.tag(v3, migrates)
        expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      }),
    60_000
  )
})
