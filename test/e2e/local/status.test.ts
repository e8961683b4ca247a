/** `status`, `plan` and `doctor` tell the world, whatever the log remembers of it. */
import { rm } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectCode, installed } from "../expect.ts"
import { v1, v2, type World, waitUntil } from "../harness.ts"

const told = Effect.fnUntraced(function* (world: World, ...flags: ReadonlyArray<string>) {
  const ran = yield* world.lastgood(["status", "--json", ...flags])
  expectCode(ran, 0)
  return JSON.parse(ran.stdout).apps[0]
})

const endApp = Effect.fnUntraced(function* (world: World) {
  for (const { pid } of yield* world.processes) process.kill(pid, "SIGKILL")
  yield* waitUntil(
    "the app is still up",
    Effect.map(world.isUp, (up) => !up)
  )
})

describe.concurrent("status", () => {
  /** Verifies: LAW-16 */
  it.live("shows the services of a running app, the check of an unhealthy one, and a killed one as stopped", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const running = yield* told(world)
      assert.deepInclude(running, { phase: "running", running: v1, lastGood: v1, drift: null, envChanged: false })
      assert.strictEqual(running.now.version, v1)
      assert.isTrue(running.health.ok)
      assert.match(running.since, /^\d{4}-.*Z$/)

      yield* world.setTrouble(true)
      const ill = yield* told(world)
      assert.deepInclude(ill, { phase: "unhealthy", next: "lastgood doctor demo" })
      assert.match(ill.reason, /503/)
      yield* world.setTrouble(false)

      yield* endApp(world)
      const gone = yield* told(world)
      assert.deepInclude(gone, { phase: "stopped", running: v1, next: "lastgood deploy demo" })
      assert.isNull(gone.now.version)
      const offline = yield* told(world, "--offline")
      assert.deepInclude(offline, { phase: "running", now: null })
    })
  )

  /** Verifies: LAW-15 */
  it.live("names missing data and its remedy, consistent with plan and doctor", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      yield* world.tag(v2)
      yield* endApp(world)
      yield* Effect.promise(() => rm(world.at("root", "demo", "volumes", "data"), { recursive: true }))
      const lost = yield* told(world)
      assert.strictEqual(lost.phase, "data-missing")
      assert.strictEqual(lost.drift.kind, "data-missing")
      assert.match(lost.drift.what, /volume data is gone/)
      assert.match(lost.next, /lastgood restore demo/)
      const plan = yield* world.lastgood(["plan", "demo"])
      assert.match(plan.stdout, /would refuse[\s\S]*volume data is gone[\s\S]*lastgood restore demo/)
      const doctor = yield* world.lastgood(["doctor", "demo"])
      expectCode(doctor, 1)
      assert.match(doctor.stdout, /FAIL {2}demo: data: .*volume data is gone.*\n +next: .*lastgood restore demo/)
      assert.notMatch(doctor.stdout, /demo: running:/)
    })
  )

  /** Verifies: LAW-16 */
  it.live("reports a changed env file, as plan and doctor do", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.setEnv({ MARK: "two" })
      assert.deepInclude(yield* told(world), { phase: "running", envChanged: true })
      for (const command of ["status", "plan", "doctor"]) {
        const { stdout } = yield* world.lastgood([command, "demo"])
        assert.match(stdout, /env file.*changed since (it|the app) was deployed/, command)
        assert.include(stdout, "to apply it: lastgood deploy demo", command)
      }
    })
  )
})
