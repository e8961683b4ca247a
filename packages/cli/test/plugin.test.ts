/** `plugin new` and `plugin test`, as an author uses them. */
import { writeFile } from "node:fs/promises"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeWorld } from "./world.ts"

// Each runs the real binary several times, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

describe("lastgood plugin", () => {
  it.live("writes a valid plugin, and never overwrites an existing file", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const made = yield* world.lastgood(["plugin", "new", "nextcloud"])
      assert.strictEqual(made.code, 0, made.stderr)
      const again = yield* world.lastgood(["plugin", "new", "nextcloud"])
      assert.strictEqual(again.code, 64)
      assert.include(again.stderr, "already exists")
      const tested = yield* world.lastgood(["plugin", "test", "plugins/nextcloud.ts"])
      assert.strictEqual(tested.code, 0, tested.stdout)
      const bad = yield* world.lastgood(["plugin", "new", "../x"])
      assert.strictEqual(bad.code, 64)
    })
  )

  it.live("says how to give settings to a plugin that needs them", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const file = world.at("wants.mjs")
      const body = `const validate = (value) =>
        typeof value.port === "number" ? { value } : { issues: [{ message: "expected a number", path: ["port"] }] }
      export default {
        recipe: "wants",
        settings: { "~standard": { version: 1, vendor: "own", validate } },
        health: ({ settings }) => [{ tcp: "127.0.0.1:" + settings.port }]
      }`
      yield* Effect.promise(() => writeFile(file, body))
      const without = yield* world.lastgood(["plugin", "test", file])
      assert.strictEqual(without.code, 64)
      assert.include(without.stderr, "`port`: expected a number")
      assert.include(without.stderr, `next: give them: lastgood plugin test ${file} --settings '{…}'`)
      const given = yield* world.lastgood(["plugin", "test", file, "--settings", '{"port":1}'])
      assert.strictEqual(given.code, 0, given.stderr)
    })
  )

  it.live("detects a plugin that passes everything, leaves out all data, or never answers", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const file = world.at("bad.mjs")
      const body = `export default {
        recipe: "bad",
        health: () => [{ check: "fine", look: () => "always" }],
        volumes: { exclude: { data: ["**"] } },
        gates: { hangs: { run: () => new Promise(() => {}), timeout: "200ms" } },
        hooks: { before: { undeploy: () => { throw new Error("nobody there") } } }
      }`
      yield* Effect.promise(() => writeFile(file, body))
      const ran = yield* world.lastgood(["plugin", "test", file, "--json"])
      assert.strictEqual(ran.code, 1, ran.stderr)
      const { findings } = JSON.parse(ran.stdout) as { findings: ReadonlyArray<{ level: string; what: string }> }
      assert.deepStrictEqual(
        findings.filter(({ level }) => level === "fail").map(({ what }) => what),
        ["check fine", "volume data", "gate hangs"]
      )
    })
  )
})
