import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../../src/version/GitVersions.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { appOf, makeRecipe, tempFolder, write } from "./recipe.ts"

const names = (path: string) => Effect.promise(async () => (await readdir(path)).sort())

describe("GitVersions.prune", () => {
  it.live("removes only releases and env files that nothing refers to", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { recipe, first, second } = yield* makeRecipe(folder)
      const app = appOf(folder, recipe)
      const versions = yield* VersionSource
      const env = join(folder, "web.env")
      yield* write(env, "A=1\n")
      const kept = { version: "1.0.0+1.0", commit: first }
      for (const ref of [kept, { version: "0.9.0+1.0", commit: first }, { version: "1.1.0+1.1", commit: second }]) {
        yield* versions.checkout(app, ref, env)
      }
      assert.deepStrictEqual(yield* versions.prune(app, [kept]), [second])
      const root = join(app.dir, "releases")
      assert.deepStrictEqual(yield* names(root), [first])
      assert.deepStrictEqual(yield* names(join(root, first)), ["env.1.0.0+1.0", "recipe"])
      assert.deepStrictEqual(yield* versions.prune(app, [kept]), [])
    }).pipe(Effect.provide(layer))
  )

  it.live("keeps the running release beside a snapshot from before the first install", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { recipe, first } = yield* makeRecipe(folder)
      const app = appOf(folder, recipe)
      const versions = yield* VersionSource
      const runs = { version: "1.0.0+1.0", commit: first }
      yield* versions.checkout(app, runs, null)
      assert.deepStrictEqual(yield* versions.prune(app, [runs, { version: "unknown", commit: "" }]), [])
      assert.isNotNull(yield* versions.existing(app, runs))
    }).pipe(Effect.provide(layer))
  )

  it.live("does nothing for an app that was never deployed", () =>
    Effect.gen(function* () {
      const folder = yield* tempFolder
      const { recipe } = yield* makeRecipe(folder)
      assert.deepStrictEqual(yield* (yield* VersionSource).prune(appOf(folder, recipe), []), [])
    }).pipe(Effect.provide(layer))
  )
})
