import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { heldBy } from "../../src/recipe/ReleaseNote.ts"
import { harmless, readNotes } from "../../src/recipe/readNotes.ts"
import { link, tempFolder, write } from "../version/recipe.ts"

const from = "1.0.0+1.0.0"
const target = "1.2.0+1.2.0"

const noteIn = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  const dir = yield* tempFolder
  for (const [name, text] of Object.entries(files)) yield* write(join(dir, name), text)
  return dir
})
const read = (dir: string) => readNotes({ version: target, commit: "c", dir, envFile: null }, from)

describe("release notes", () => {
  it.effect("are those after the running version up to the target, oldest first, from both folders and with .md", () =>
    Effect.gen(function* () {
      const dir = yield* noteIn({
        [`release/${from}`]: "of the version that runs",
        [`release/${target}`]: "target",
        "release/1.1.0+1.1.0.md": "between",
        "releaseNotes/1.0.1+1.0.0": "first",
        "release/1.3.0+1.3.0": "newer",
        "release/next": "not yet",
        "release/README.md": "none"
      })
      assert.deepStrictEqual(
        (yield* read(dir)).map(({ version, text }) => [version, text]),
        [
          ["1.0.1+1.0.0", "first"],
          ["1.1.0+1.1.0", "between"],
          [target, "target"]
        ]
      )
    })
  )

  it.effect("are empty if the recipe has none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read(yield* tempFolder), [])
    })
  )

  /** Verifies: LAW-13 */
  it.effect("hold the upgrade back unread if they are links, folders or too large", () =>
    Effect.gen(function* () {
      const dir = yield* noteIn({ secret: "hunter2", "release/1.1.2+1/inner": "x" })
      yield* link(join(dir, "release/1.1.1+1"), "../secret")
      yield* Effect.promise(() => writeFile(join(dir, "release/1.1.3+1"), "a".repeat(65_537)))
      const notes = yield* read(dir)
      assert.deepStrictEqual(
        notes.map(({ text, asks }) => [text, asks?.replace(/^.*read: /, "")]),
        [
          ["", "it is a link"],
          ["", "it is a folder"],
          ["", "it is larger than 64 KiB"]
        ]
      )
      assert.strictEqual(heldBy(notes, target)?.version, "1.1.1+1")
    })
  )

  /** Verifies: LAW-13 */
  it.effect("are not read from a folder that is a link", () =>
    Effect.gen(function* () {
      const dir = yield* noteIn({ [`elsewhere/${target}`]: "you must read this" })
      yield* link(join(dir, "release"), "elsewhere")
      assert.deepStrictEqual(yield* read(dir), [])
    })
  )

  it.effect("are read up to a limit, and more than that hold the upgrade back", () =>
    Effect.gen(function* () {
      const files = Array.from({ length: 60 }, (_, i) => [`release/1.1.${i}+1`, "fine"])
      const notes = yield* read(yield* noteIn(Object.fromEntries(files)))
      assert.strictEqual(notes.length, 51)
      assert.deepStrictEqual([notes[1]?.version, notes.at(-1)?.version], ["1.1.10+1", "1.1.59+1"])
      assert.match(heldBy(notes, target)?.refusal.reason ?? "", /1\.1\.0\+1 .*10 older notes were not read/)
    })
  )

  /** Verifies: LAW-12 */
  it("contain no escape sequences, invisible characters or passwords", () => {
    const text =
      "\u001B[31mred\u001B[0m \u001B]0;title\u0007ma\u200Bnual\r\nbell\u0007 \u202Ereversed password=hunter2 \xff"
    assert.strictEqual(harmless(Buffer.from(text, "utf8")), "red manual\nbell reversed password=*** \xff")
    assert.strictEqual(harmless(Buffer.from([0x61, 0xff])), "a\uFFFD")
  })
})
