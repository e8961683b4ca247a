/** Which compose files are those of a release, on real files. */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { fromTags, type VersionsFrom } from "../../../src/domain/VersionsFrom.ts"
import { projectSource } from "../../../src/runtime/compose/source.ts"

const fromImages: VersionsFrom = { kind: "images", rules: [], fixed: [] }
const override = "compose.override.yml"
const extra = "extra.yml"

const world = Effect.fnUntraced(function* (versions: VersionsFrom) {
  const root = yield* temporaryFolder()
  const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
  const write = (...parts: ReadonlyArray<string>) => Effect.promise(() => writeFile(at(...parts), "services: {}\n"))
  const listing = Effect.promise(() => writeFile(at("env"), `COMPOSE_FILE=compose.yml:${extra}\n`))
  for (const name of ["folder", "release", "copy"]) yield* Effect.promise(() => mkdir(at(name), { mode: 0o755 }))
  yield* write("folder", "compose.yml")
  yield* write("release", "compose.yml")
  const recipe = versions.kind === "images" ? at("folder") : at("recipe")
  const app = testApp({ runtime: "compose", recipe, folder: at("folder"), versions })
  const release = { version: "1.0.0", commit: "c", dir: at("release"), envFile: null }
  const files = (more: { readonly operatorFiles?: string; readonly envFile?: string } = {}) =>
    Effect.map(projectSource(app, { ...release, ...more }), ({ files: found }) =>
      found.map((file) => `${basename(join(file, ".."))}/${basename(file)}`)
    )
  const without = (...parts: ReadonlyArray<string>) => Effect.promise(() => rm(at(...parts)))
  return { at, files, listing, without, write }
})

/** Verifies: LAW-2 */
describe("the compose files of a release", () => {
  it.live("do not include one that came into the folder since, if the version contains all", () =>
    Effect.gen(function* () {
      const { files, write } = yield* world(fromImages)
      yield* write("folder", override)
      assert.deepStrictEqual(yield* files(), ["release/compose.yml"])
    })
  )

  it.live("are those of the folder, and later those of the copy that it was deployed with", () =>
    Effect.gen(function* () {
      const { at, files, without, write } = yield* world(fromTags)
      yield* write("folder", override)
      assert.deepStrictEqual(yield* files(), ["release/compose.yml", `folder/${override}`])
      const operatorFiles = at("copy")
      assert.deepStrictEqual(yield* files({ operatorFiles }), ["release/compose.yml"])
      yield* write("copy", override)
      yield* without("folder", override)
      assert.deepStrictEqual(yield* files({ operatorFiles }), ["release/compose.yml", `copy/${override}`])
    })
  )

  it.live("are found in the copy, though the folder has lost one that the env file lists", () =>
    Effect.gen(function* () {
      const { at, files, listing, without, write } = yield* world(fromTags)
      yield* listing
      yield* write("folder", extra)
      const release = { operatorFiles: at("copy"), envFile: at("env") }
      assert.deepStrictEqual(yield* files(release), ["release/compose.yml", `folder/${extra}`])
      yield* write("copy", extra)
      yield* without("folder", extra)
      assert.deepStrictEqual(yield* files(release), ["release/compose.yml", `copy/${extra}`])
    })
  )
})
