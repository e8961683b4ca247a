/** What a recipe's maintainers ask to be done by hand is not passed over at night. */
import { mkdir, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { migrates, v1, v2, v3, type World } from "../harness.ts"
import { expectUntouched } from "../watch.ts"

const asking = "# 1.2.0\n\nA new logo.\n\n\u001B[31mYou must add\u001B[0m a secret first."
const old = { version: v1, schema: 1, rows: ["a"] }

const note = (world: World, name: string, text: string) =>
  Effect.promise(async () => {
    await mkdir(world.at("recipe", "release"), { recursive: true })
    await writeFile(world.at("recipe", "release", name), text)
  })

describe.concurrent("a release note that asks for manual work", () => {
  it.live("holds the upgrade back and is shown until the operator accepts it", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: major\n" })
      yield* note(world, v3, asking)
      yield* note(world, v2, "A faster start.")
      yield* note(world, "next", "You must not see this.")
      // The note of a version on the way counts, also for a version that has none of its own.
      yield* world.tag("2.0.0+2.0.0", migrates)

      const plan = yield* world.lastgood(["plan", "demo"])
      expectCode(plan, 0)
      assert.match(plan.stdout, /would refuse/)
      assert.match(plan.stdout, /release note of 1\.1\.0\+1\.1\.0\n +\| A faster start\./)
      assert.match(
        plan.stdout,
        /note of 1\.2\.0\+1\.2\.0 \(asks for manual work\)\n +\| # 1\.2\.0\n[\s\S]*\| You must add a secret first\./
      )
      assert.notMatch(plan.stdout, /see this/)

      const doctor = yield* world.lastgood(["doctor", "demo"])
      expectCode(doctor, 0)
      assert.match(
        doctor.stdout,
        /WARN +demo: release notes: .*asks for manual work: “You must.*so the upgrade is refused/
      )
      assert.match(doctor.stdout, /\| You must add a secret first\./)
      assert.match(doctor.stdout, /settings: policy major \(configuration\).*release notes hold \(default\)/)

      for (const command of [
        ["upgrade", "demo"],
        ["upgrade", "demo", "--to", "2.0.0+2.0.0"]
      ]) {
        const refused = yield* expectUntouched(world, world.lastgood(command))
        expectCode(refused, 5)
        assert.match(
          refused.stdout,
          /release-note: the release note of 1\.2\.0\+1\.2\.0 asks for manual work: “You must/
        )
        assert.match(refused.stdout, /next +.*lastgood upgrade demo --to 2\.0\.0\+2\.0\.0 --accept-notes/)
        assert.match(refused.stdout, /\| You must add a secret first\./)
        assert.notInclude(refused.stdout + refused.stderr, "\u001B[31m")
      }
      yield* expectApp(world, old)

      // The reconciler waits, and the log says so once.
      expectCode(yield* expectUntouched(world, world.lastgood(["reconcile", "--once"])), 0)
      const refusals = (yield* expectWholeLog(world)).filter(({ type }) => type === "UpgradeRefused")
      assert.strictEqual(refusals.length, 1)
      const status = yield* world.lastgood(["status", "demo"])
      assert.match(status.stdout, /waits for release-note: .*1\.2\.0\+1\.2\.0 asks for manual work/)

      const done = yield* world.lastgood(["upgrade", "demo", "--to", "2.0.0", "--accept-notes"])
      expectCode(done, 0)
      yield* expectApp(world, { version: "2.0.0+2.0.0", schema: 2, rows: ["a", "written by 2"] })
      const events = yield* expectWholeLog(world)
      const accepted = events.filter(({ type }) => type === "ReleaseNotesAccepted")
      assert.deepStrictEqual(
        accepted.map(({ data }) => data),
        [{ version: "2.0.0+2.0.0", notes: [v3] }]
      )
      assert.strictEqual((yield* world.lastgood(["status", "demo"])).stdout.includes("waits for"), false)
    })
  )

  it.live("allows upgrades to earlier versions", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* note(world, v3, asking)
      yield* world.tag(v3, migrates)
      expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      expectCode(yield* expectUntouched(world, world.lastgood(["upgrade", "demo"])), 5)
    })
  )

  it.live("is only shown, or ignored, if the configuration says so", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    releaseNotes: show\n" })
      yield* note(world, v2, asking)
      yield* world.tag(v2, migrates)
      const shown = yield* world.lastgood(["plan", "demo"])
      assert.match(shown.stdout, /would upgrade[\s\S]*You must add a secret/)
      const done = yield* world.lastgood(["upgrade", "demo", "--json"])
      expectCode(done, 0)
      const { releaseNotes } = JSON.parse(done.stdout)
      assert.strictEqual(releaseNotes.length, 1)
      assert.strictEqual(releaseNotes[0].asks, "You must add a secret first.")
      yield* note(world, v3, asking)
      yield* world.tag(v3, migrates)
      const config = (yield* world.textOf("lastgood.yaml")) ?? ""
      yield* Effect.promise(() => writeFile(world.at("lastgood.yaml"), config.replace("show", "ignore")))
      const ignored = yield* world.lastgood(["plan", "demo"])
      assert.match(ignored.stdout, /would upgrade/)
      assert.notInclude(ignored.stdout, "secret")
    })
  )
})
