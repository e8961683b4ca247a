/** A release of images under `kill -9`: it is whole or it is not there, and never starts without its images. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import { everything, hashFolder } from "@lastgood/core/version/folder"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import { layer } from "@lastgood/core/version/VersionsLive"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { lookingAt } from "./lookingAt.ts"
import { appIn } from "./ReleaseWriter.ts"

const script = join(import.meta.dirname, "ReleaseWriter.ts")
const runtimeArgs = "deno" in process.versions ? ["run", "-A", "--node-modules-dir=manual"] : []

const recipeIn = (folder: string): void => {
  mkdirSync(join(folder, "recipe/conf"), { recursive: true })
  writeFileSync(join(folder, "recipe/compose.yml"), "services: { web: { image: made/here:1 } }\n")
  for (let i = 0; i < 40; i++) writeFileSync(join(folder, `recipe/conf/${i}`), `${i}`.repeat(10_000))
}

/** Kills a writer a moment after it has laid out some releases. */
const killed = (folder: string, round: number) =>
  Effect.promise(async () => {
    const child = execa(process.execPath, [...runtimeArgs, script, folder, String(round)], { reject: false })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    for (let i = 0; i <= round; i++) await lines.next()
    await new Promise((resolve) => setTimeout(resolve, round * 7))
    child.kill("SIGKILL")
    await child
  })

/** Verifies: LAW-2 */
describe("a release of images", () => {
  it.live(
    "is whole or absent after its writer was killed, and can be written again",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder()
        recipeIn(folder)
        for (let round = 0; round < 5; round++) yield* killed(folder, round)
        const versions = yield* VersionSource
        const files = yield* hashFolder(join(folder, "recipe"), everything)
        const names = readdirSync(join(folder, "root"))
        assert.isAbove(names.length, 5)
        for (const name of names) {
          const app = appIn(folder, name)
          const [offer] = yield* versions.list(app, lookingAt(null))
          const ref = offer ?? assert.fail("no version is on offer")
          const release = (yield* versions.existing(app, ref)) ?? (yield* versions.checkout(app, ref, null))
          assert.strictEqual(release.images?.["web"]?.image, "made/here:1")
          assert.strictEqual(yield* hashFolder(release.dir, everything), files)
        }
      }).pipe(Effect.scoped, Effect.provide(layer)),
    300_000
  )

  it.live("is refused without the record of its images, with half of it, and with that of another version", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      recipeIn(folder)
      const app = appIn(folder, "web")
      const versions = yield* VersionSource
      const ref = (yield* versions.list(app, lookingAt(null)))[0] ?? assert.fail("no version is on offer")
      const { dir } = yield* versions.checkout(app, ref, null)
      const record = join(dir, "../images.json")
      const other = { files: "f", compose: "c", services: {} }
      for (const [text, why] of [
        [null, /it is missing/],
        ['{ "files": "', /it is damaged/],
        ["", /it is damaged/],
        [JSON.stringify(other), /it is not that of 1-/]
      ] as const) {
        rmSync(record, { force: true })
        if (text !== null) writeFileSync(record, text)
        for (const asked of [versions.existing(app, ref), versions.checkout(app, ref, null)]) {
          const error = yield* Effect.flip(asked)
          assert.match(error.message, why)
          assert.isNotEmpty(error.next)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(layer))
  )
})
