/** `log` with filters, as a story and as a digest, and `history`: what happened to an app, by the real binary. */
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const [first, second] = ["1.0.0+1.0.0", "1.1.0+1.0.0"]

/** An app whose upgrade was rolled back. */
const rolledBack = Effect.gen(function* () {
  const world = yield* makeWorld()
  yield* world.lastgood(["deploy", "web", "--to", first])
  const upgrade = yield* world.lastgood(["upgrade", "web", "--to", "1.1.0"])
  assert.strictEqual(upgrade.code, 3, upgrade.stdout + upgrade.stderr)
  return world
})

const test = (name: string, body: (world: Effect.Success<typeof rolledBack>) => Effect.Effect<void>) =>
  it.live(name, () => Effect.scoped(Effect.flatMap(rolledBack, body)))

describe("what happened", () => {
  test("is in history with the downtime, and is a story of one attempt, which says once why it failed", ({
    lastgood
  }) =>
    Effect.gen(function* () {
      const history = jsonOf(yield* lastgood(["history", "web", "--json"]))
      assert.deepNestedInclude(history, {
        begun: 2,
        "attempts[0].kind": "deploy",
        "attempts[1].kind": "upgrade",
        "attempts[1].from": first,
        "attempts[1].to": second,
        "attempts[1].outcome": "recovered",
        "attempts[1].downtime.downSince": null
      })
      const { stdout } = yield* lastgood(["history", "web", "--limit", "1"])
      assert.match(stdout, /upgrade {2}1\.0\.0\+1\.0\.0 → 1\.1\.0\+1\.0\.0 {2}recovered {2}[\d.]+ m?s +[0-9a-f]{8}\n/)
      assert.include(stdout, "1 older attempt: --limit 2 shows all")
      const [, id = ""] = /--attempt (\w+)/.exec(stdout) ?? []
      const story = (yield* lastgood(["log", "--attempt", id])).stdout
      assert.match(story, /^web: upgrade 1\.0\.0\+1\.0\.0 → 1\.1\.0\+1\.0\.0: recovered\n/)
      assert.match(story, /^ {2}downtime {2}.*\(undeploy .*, snapshot .*, deploy /m)
      assert.lengthOf(story.match(/exit code 1/g) ?? [], 1)
      assert.match(story, /RollbackStarted .*: as above$/m)
      assert.strictEqual((yield* lastgood(["log", "--attempt", "0".repeat(9)])).stdout, "the log has no such attempt\n")
    }))

  test("can be chosen by time and type, and is a digest in a few lines", ({ lastgood }) =>
    Effect.gen(function* () {
      const lines = (args: ReadonlyArray<string>) =>
        Effect.map(lastgood(["log", ...args]), ({ stdout }) => stdout.split("\n").filter((line) => line !== ""))
      const all = yield* lines([])
      assert.deepStrictEqual(yield* lines(["--since", "1h"]), all)
      assert.deepStrictEqual(yield* lines(["--until", "1h"]), [])
      const some = yield* lines(["--type", "rolledback,UpgradeCommitted"])
      assert.deepStrictEqual(
        some.map((line) => /(UpgradeCommitted|RolledBack)/.exec(line)?.[1]),
        ["UpgradeCommitted", "RolledBack"]
      )
      assert.deepStrictEqual(yield* lines(["--type", "RolledBack,UpgradeCommitted", "--limit", "1"]), some.slice(-1))
      const wrong = yield* lastgood(["log", "--type", "RoledBack"])
      assert.match(wrong.stderr, /RoledBack is not a type of event\nnext: did you mean RolledBack\?/)
      assert.strictEqual(wrong.code, 64)
      assert.strictEqual((yield* lastgood(["log", "--since", "yesterday"])).code, 64)
      assert.strictEqual((yield* lastgood(["log", "--digest", "--type", "RolledBack"])).code, 64)
      assert.strictEqual((yield* lastgood(["history", "web", "--limit", "0"])).code, 64)
      const digest = jsonOf(yield* lastgood(["log", "--digest", "--json"]))
      assert.deepNestedInclude(digest, { format: 1 })
      assert.include(JSON.stringify(digest), `web: ${second} rolled back to ${first}`)

      const { stdout } = yield* lastgood(["log", "--digest"])
      assert.match(stdout, /^Since \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ:\n/)
      assert.include(stdout, `web: ${second} rolled back to ${first}, healthy`)
      assert.match(stdout, /^web: was down for /m)
      assert.match(stdout, /\nOpen alerts:\nweb: recovered since /)
    }))
})
