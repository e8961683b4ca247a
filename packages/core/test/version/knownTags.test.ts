import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import { layer } from "../../src/version/GitVersions.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { appOf, git, here, makeRecipe, tagAs, tempFolder, write } from "./recipe.ts"

/** Counts the programs that are started, by their spans. */
const counting = () => {
  const started: Array<string> = []
  const tracer = Tracer.make({
    span: (options) => {
      if (options.name.startsWith("lastgood.tool.")) started.push(options.name)
      return new Tracer.NativeSpan(options)
    }
  })
  return { started, tracer }
}

/** @param laterMs how long after the present the versions are listed. */
const setUp = Effect.fnUntraced(function* (laterMs: number) {
  const folder = yield* tempFolder
  const recipe = yield* makeRecipe(folder)
  const versions = yield* VersionSource
  yield* TestClock.setTime(Date.now() + laterMs)
  const list = Effect.gen(function* () {
    const { started, tracer } = counting()
    const offers = yield* versions.list(appOf(folder, recipe.recipe), here).pipe(Effect.withTracer(tracer))
    return { versions: offers.map(({ version }) => version), newest: offers.at(-1)?.commit, started: started.length }
  })
  return { ...recipe, list }
})

const hour = 3_600_000

describe("the tags of a repository", () => {
  it.effect("are read by git once, until something of them changes", () =>
    Effect.gen(function* () {
      const { first, list, recipe, second } = yield* setUp(hour)
      const two = ["1.0.0+1.0", "1.1.0+1.1"]
      assert.deepStrictEqual(yield* list, { versions: two, newest: second, started: 1 })
      assert.deepStrictEqual(yield* list, { versions: two, newest: second, started: 0 })

      yield* git(recipe, "tag", "2.0.0+1.0", second)
      const three = [...two, "2.0.0+1.0"]
      assert.deepStrictEqual(yield* list, { versions: three, newest: second, started: 1 })
      assert.deepStrictEqual(yield* list, { versions: three, newest: second, started: 0 })

      yield* tagAs(recipe, "2.0.0+1.0", first)
      assert.deepStrictEqual(yield* list, { versions: three, newest: first, started: 1 })

      yield* write(join(recipe, ".git", "refs", "tags", "2.0.0+1.0"), `${second}\n`)
      assert.deepStrictEqual(yield* list, { versions: three, newest: second, started: 1 })

      yield* git(recipe, "pack-refs", "--all")
      assert.deepStrictEqual(yield* list, { versions: three, newest: second, started: 1 })

      yield* git(recipe, "tag", "--delete", "2.0.0+1.0")
      assert.deepStrictEqual(yield* list, { versions: two, newest: second, started: 1 })
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("are read again if they have just changed, because the next change might have the same time", () =>
    Effect.gen(function* () {
      const { list } = yield* setUp(0)
      assert.strictEqual((yield* list).started, 1)
      assert.strictEqual((yield* list).started, 1)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("are always read by git in a worktree, whose references are elsewhere", () =>
    Effect.gen(function* () {
      const { recipe } = yield* setUp(hour)
      const worktree = `${recipe}-tree`
      yield* git(recipe, "worktree", "add", "--quiet", "--detach", worktree)
      const versions = yield* VersionSource
      const { started, tracer } = counting()
      const list = versions.list(appOf(recipe, worktree), here).pipe(Effect.withTracer(tracer))
      yield* list
      yield* list
      assert.strictEqual(started.length, 2)
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
