/** A recipe that is a plain folder, among what people keep beside a compose file. */
import { chmod, mkdir, readdir, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { assertOwn, copyFolder, everything, extentOf, hashFolder } from "../../src/version/folder.ts"

const scene = Effect.gen(function* () {
  const home = yield* temporaryFolder()
  const [recipe, copy] = [join(home, "recipe"), join(home, "copy")]
  yield* Effect.promise(async () => {
    for (const folder of ["conf", "data"]) await mkdir(join(recipe, folder), { recursive: true })
    await mkdir(copy)
    await writeFile(join(recipe, "compose.yml"), "services: {}\n")
    await writeFile(join(recipe, "conf/more.yml"), "services: {}\n")
    await writeFile(join(recipe, "conf/more-yml"), "x")
    await writeFile(join(recipe, "data/db"), "rows")
  })
  return {
    copy,
    recipe,
    data: [join(recipe, "data")],
    files: ["conf/more.yml", "compose.yml"].map((name) => join(recipe, name))
  }
})

describe("The recipe in a plain folder", () => {
  /** Verifies: LAW-17 */
  it.live("is refused with a compose file that another user could write", () =>
    Effect.gen(function* () {
      const { files, recipe } = yield* scene
      yield* assertOwn(recipe, files, null)
      yield* Effect.promise(() => chmod(join(recipe, "compose.yml"), 0o666))
      const error = yield* Effect.flip(assertOwn(recipe, files, null))
      assert.match(error.message, /compose\.yml may be written by every user \(mode 0666\)/)
      assert.match(error.next, /^chmod go-w /)
    }).pipe(Effect.scoped)
  )

  it.live("is copied without the data in it", () =>
    Effect.gen(function* () {
      const { copy, data, recipe } = yield* scene
      const extent = { ...everything, except: data }
      const hash = yield* hashFolder(recipe, extent)
      assert.strictEqual(yield* copyFolder(recipe, copy, extent), hash)
      const copied = yield* Effect.promise(() => readdir(copy, { recursive: true }))
      assert.deepStrictEqual(copied.toSorted(), ["compose.yml", "conf", "conf/more-yml", "conf/more.yml"])
      yield* Effect.promise(() => writeFile(join(recipe, "data/db"), "more rows"))
      assert.strictEqual(yield* hashFolder(recipe, extent), hash)
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-13 */
  it.live("is its compose files where the app works in it, whatever else is there", () =>
    Effect.gen(function* () {
      const { copy, data, files, recipe } = yield* scene
      yield* Effect.promise(async () => {
        await symlink("/etc/shadow", join(recipe, "out"))
        await writeFile(join(recipe, "backup.tar"), "")
        await truncate(join(recipe, "backup.tar"), 100 * 1024 * 1024)
        await execa("mkfifo", [join(recipe, "pipe")])
        await execa("sh", ["-c", 'cd "$1" && seq 5001 | xargs touch', "sh", join(recipe, "data")])
      })
      const app = testApp({ runtime: "compose", recipe, folder: recipe })
      const extent = yield* extentOf(recipe, app, { files, folders: data })
      const hash = yield* hashFolder(recipe, extent)
      assert.strictEqual(yield* copyFolder(recipe, copy, extent), hash)
      const copied = yield* Effect.promise(() => readdir(copy, { recursive: true }))
      assert.deepStrictEqual(copied.toSorted(), ["compose.yml", "conf", "conf/more.yml"])
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-13 */
  it.live("is refused elsewhere for a link that leads out, a pipe, and more files than a recipe has", () =>
    Effect.gen(function* () {
      for (const [make, why] of [
        ["ln -s /etc/shadow out", /the link out leads out of it/],
        ["mkfifo pipe", /pipe is neither a file nor a folder nor a link/],
        ["seq 5001 | xargs touch", /more than 5000 files/]
      ] as const) {
        const { recipe } = yield* scene
        yield* Effect.promise(() => execa("sh", ["-c", `cd "$1" && ${make}`, "sh", recipe]))
        const refused = yield* Effect.flip(hashFolder(recipe, everything))
        assert.match(refused.message, why)
      }
    }).pipe(Effect.scoped)
  )
})
