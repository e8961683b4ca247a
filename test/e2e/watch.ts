/** Watches an app from outside while something is done to it: what its users would have seen. */
import { createHash } from "node:crypto"
import { assert } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type World, waitUntil } from "./harness.ts"

/** Everything of an app's volumes that a change would show in: names, kinds, sizes, times, content. */
export const volumesOf = (world: World) =>
  run("sh", ["-c", 'find . -printf "%p %y %s %T@\\n" | sort; find . -type f | sort | xargs -r sha256sum'], {
    cwd: world.at("root", "demo", "volumes")
  }).pipe(
    Effect.map(({ stdout }) => createHash("sha256").update(stdout).digest("hex")),
    Effect.orDie
  )

/** Pids of the app itself, whatever else of this world runs. */
export const appPids = (world: World) =>
  Effect.map(world.processes, (all) =>
    all.filter(({ command }) => command.includes("server.mjs")).map(({ pid }) => pid)
  )

/**
 * Does something, and proves that the app was not touched by it: the same process answered all the time, its data is as
 * it was.
 */
export const expectUntouched = Effect.fnUntraced(function* <A, E, R>(world: World, act: Effect.Effect<A, E, R>) {
  const pids = yield* appPids(world)
  const data = yield* volumesOf(world)
  assert.strictEqual(pids.length, 1, "one process before")
  let asked = 0
  let failed = 0
  const poll = Effect.gen(function* () {
    while (true) {
      asked++
      if (!(yield* world.isUp)) failed++
      yield* Effect.sleep("20 millis")
    }
  })
  const poller = yield* Effect.forkChild(poll)
  const result = yield* act
  // A refusal may take no longer than one of them does on a busy machine.
  yield* waitUntil(
    "the app is not asked",
    Effect.sync(() => asked > 2)
  )
  yield* Fiber.interrupt(poller)
  assert.strictEqual(failed, 0, `of ${asked} requests`)
  assert.deepStrictEqual(yield* appPids(world), pids, "the app's process")
  assert.strictEqual(yield* volumesOf(world), data, "the app's data")
  return result
})
