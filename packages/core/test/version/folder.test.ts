/** A recipe that is a plain folder, among what people keep beside a compose file. */
import { mkdir, readdir, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { copyFolder, hashFolder } from "../../src/version/folder.ts"

const isRoot = process.getuid?.() === 0

describe("The recipe in a plain folder", () => {
  /** Verifies: LAW-13 */
  it.live("is copied without data, backups, pipes, links that lead out, and folders of others", () =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder()
      const [recipe, copy] = [join(home, "recipe"), join(home, "copy")]
      yield* Effect.promise(async () => {
        for (const folder of ["conf", "data", "theirs"]) await mkdir(join(recipe, folder), { recursive: true })
        await mkdir(copy)
        await writeFile(join(recipe, "compose.yml"), "services: {}\n")
        await writeFile(join(recipe, "conf/app.conf"), "x\n")
        await symlink("conf/app.conf", join(recipe, "app.conf"))
        await writeFile(join(recipe, "data/db"), "rows")
        await symlink("/etc/shadow", join(recipe, "out"))
        await symlink("../../x", join(recipe, "conf/up"))
        await writeFile(join(recipe, "backup.tar"), "")
        await truncate(join(recipe, "backup.tar"), 100 * 1024 * 1024)
        await execa("mkfifo", [join(recipe, "pipe")])
        await writeFile(join(recipe, "theirs/x"), "")
        if (isRoot) await execa("chown", ["-R", "65534", join(recipe, "theirs")])
      })
      const data = [join(recipe, "data")]
      const hash = yield* hashFolder(recipe, data)
      assert.strictEqual(yield* copyFolder(recipe, copy, data), hash)
      const copied = yield* Effect.promise(() => readdir(copy, { recursive: true }))
      const theirs = isRoot ? [] : ["theirs", "theirs/x"]
      assert.deepStrictEqual(copied.toSorted(), ["app.conf", "compose.yml", "conf", "conf/app.conf", ...theirs])
      yield* Effect.promise(() => writeFile(join(recipe, "data/db"), "more rows"))
      assert.strictEqual(yield* hashFolder(recipe, data), hash)
    }).pipe(Effect.scoped)
  )

  it.live("is refused if it holds more files than a recipe has", () =>
    Effect.gen(function* () {
      const recipe = yield* temporaryFolder()
      yield* Effect.promise(() => execa("sh", ["-c", 'cd "$1" && seq 5001 | xargs touch', "sh", recipe]))
      const refused = yield* Effect.flip(hashFolder(recipe, []))
      assert.match(refused.message, /more than 5000 files/)
    }).pipe(Effect.scoped)
  )
})
