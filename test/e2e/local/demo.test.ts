/** The demo, as a new user runs it. */
import { mkdir } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { isLastgood } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expectCode } from "../expect.ts"
import { makeWorld, waitUntil } from "../harness.ts"

/** A world whose temporary folder is its own, so that what the demo leaves behind can be seen. */
const withTemporary = Effect.fnUntraced(function* () {
  const world = yield* makeWorld()
  yield* Effect.promise(() => mkdir(world.at("tmp")))
  return { world, env: { TMPDIR: world.at("tmp") } }
})

describe.concurrent("lastgood demo", () => {
  it.live("proves every claim that it makes, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { world, env } = yield* withTemporary()
      const ran = yield* world.lastgood(["demo"], env)
      expectCode(ran, 0)
      assert.isAbove(ran.stdout.split("✓").length, 20)
      assert.notInclude(ran.stdout, "✗")
      assert.deepStrictEqual(yield* world.namesIn("tmp"), [])
      assert.deepStrictEqual(yield* world.processes, [])
    })
  )

  it.live("stops everything that it started when it is interrupted", () =>
    Effect.gen(function* () {
      const { world, env } = yield* withTemporary()
      const running = yield* Effect.forkChild(world.lastgood(["demo"], env))
      const named = (part: string) =>
        Effect.map(world.processes, (all) => all.find(({ command }) => command.includes(part)))
      yield* waitUntil(
        "the guestbook did not come up",
        Effect.map(named("server.mjs"), (app) => app !== undefined),
        60_000
      )
      const demo = (yield* world.processes).find(({ command }) => isLastgood(command))
      process.kill(demo?.pid ?? 0, "SIGINT")
      expectCode(yield* Fiber.join(running), 130)
      assert.deepStrictEqual(yield* world.namesIn("tmp"), [])
      assert.deepStrictEqual(yield* world.processes, [])
    })
  )

  it.live("keeps its files in the given folder, unless it contains other files", () =>
    Effect.gen(function* () {
      const { world, env } = yield* withTemporary()
      expectCode(yield* world.lastgood(["demo", "--keep", world.home], env), 1)
      expectCode(yield* world.lastgood(["demo", "--keep", world.at("kept")], env), 0)
      assert.include(yield* world.namesIn("kept"), "lastgood.yaml")
      assert.deepStrictEqual(yield* world.processes, [])
    })
  )
})
