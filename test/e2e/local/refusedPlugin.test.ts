/** A plugin that is refused or cannot be loaded: the app that it serves is never worked on without its gates. */
import { chmod, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode } from "../expect.ts"
import { makeWorld, migrates, v1, v2 } from "../harness.ts"

const gate = `export default { recipe: "recipe", gates: { never: () => "not tonight" } }\n`

/** Verifies: LAW-17 */
describe("a plugin that an app of another recipe names", () => {
  it.live("does not touch its app in any command if it is refused or broken", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ config: "plugins: [./policy.mjs]\n" })
      const file = world.at("policy.mjs")
      const say = (text: string) => Effect.promise(() => writeFile(file, text))
      yield* say(gate)
      yield* world.tag(v1)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* world.addRow("a")
      yield* world.tag(v2, migrates)
      const held = yield* world.lastgood(["upgrade", "demo"])
      expectCode(held, 5)
      assert.include(held.stdout, "not tonight")

      const broken = [Effect.promise(() => chmod(file, 0o666)), say(`import "./gone.mjs"\n${gate}`)]
      for (const [index, breakIt] of broken.entries()) {
        yield* breakIt
        const why =
          index === 0
            ? /policy\.mjs.*it is not used: [\s\S]*may be (the plugin )?for (the recipe recipe|its recipe)/
            : /it cannot be imported: .*gone/
        for (const [command, code] of [
          [["upgrade", "demo"], 64],
          [["deploy", "demo"], 64],
          [["plan", "demo"], 64],
          [["plan"], 64],
          [["doctor"], 1],
          [["reconcile", "--once"], 1]
        ] as const) {
          const ran = yield* world.lastgood(command)
          expectCode(ran, code)
          assert.match(ran.stdout + ran.stderr, why, command.join(" "))
          assert.match(ran.stdout + ran.stderr, /next: /, command.join(" "))
        }
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        yield* Effect.promise(() => chmod(file, 0o644))
      }
    })
  )
})
