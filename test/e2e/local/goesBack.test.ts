/** A rollback also restores the env file and the recipe's commit, whatever happened to the recipe meanwhile. */
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { git as gitIn } from "@lastgood/testing/git"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, installed } from "../expect.ts"
import { harms, migrates, v1, v2, type World } from "../harness.ts"

const git = (world: World, ...args: ReadonlyArray<string>) => gitIn(world.at("recipe"), ...args)

/** Commits that the app's processes were started from: the folder that they run in. */
const runningCommits = (world: World) =>
  Effect.promise(async () => {
    const folder = world.at("root", "demo", "run")
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")))
    return texts.map((text) => /releases\/([0-9a-f]{40})\/recipe/.exec(text)?.[1])
  })

const meanwhile: ReadonlyArray<readonly [name: string, act: (world: World) => Effect.Effect<unknown>]> = [
  ["the recipe stayed as it was", () => Effect.void],
  ["the old version's tag was moved", (world) => git(world, "tag", "--force", v1, "HEAD")],
  ["the old version's tag was deleted", (world) => git(world, "tag", "--delete", v1)],
  [
    "the work tree is dirty and on another branch",
    (world) =>
      Effect.andThen(
        git(world, "checkout", "--quiet", "-b", "side"),
        Effect.promise(async () => {
          await writeFile(world.at("recipe", "Procfile"), "web: exit 1\n")
          await writeFile(world.at("recipe", "server.mjs"), "process.exit(1)\n")
        })
      )
  ]
]

describe("seed defect 11", () => {
  it.live.each(meanwhile)(
    "seed defect 11: a failed upgrade rolls back to the old env file and the old commit, although %s",
    ([, act]) =>
      Effect.gen(function* () {
        const world = yield* installed()
        const first = yield* git(world, "rev-parse", "HEAD")
        yield* world.tag(v2, harms)
        yield* world.setEnv({ MARK: "two" })
        yield* act(world)
        expectCode(yield* world.lastgood(["upgrade", "demo", "--skip-fetch"]), 3)
        yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
        assert.strictEqual((yield* world.page).mark, "one")
        assert.deepStrictEqual(yield* runningCommits(world), [first])
      })
  )

  it.live("seed defect 11: an operator's rollback restores the env file of the restored version", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const first = yield* git(world, "rev-parse", "HEAD")
      yield* world.tag(v2, migrates)
      yield* world.setEnv({ MARK: "two" })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.strictEqual((yield* world.page).mark, "two")
      yield* world.setEnv({ MARK: "three" })
      yield* git(world, "tag", "--delete", v1)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.strictEqual((yield* world.page).mark, "one")
      assert.deepStrictEqual(yield* runningCommits(world), [first])
    })
  )
})
