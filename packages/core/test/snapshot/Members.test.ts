import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { entryOf } from "../../src/snapshot/Entry.ts"
import { makeMembers, membersOf, pageLimits } from "../../src/snapshot/Members.ts"
import { temporaryFolder } from "./fixture.ts"

const archived = (folder: string, prepare: string, args: ReadonlyArray<string> = ["."]): string => {
  const tree = join(folder, "tree")
  mkdirSync(tree)
  execFileSync("bash", ["-c", prepare], { cwd: tree })
  const file = join(folder, "a.tar")
  execFileSync("tar", ["--format=posix", "--sparse", "-P", "-C", tree, "-cf", file, ...args])
  return file
}

/** Without an index: `test/conformance/SnapshotIndex.test.ts` compares the two. */
const listed = (path: string, folder: string) =>
  membersOf({ path, index: `${path}.index`, bytes: 0, crc: "" }, folder, pageLimits).pipe(
    Effect.map(({ members, more }) => ({ members: members.map(({ entry: _, ...member }) => member), more }))
  )

describe("the members of an archive", () => {
  it.live("are those of one folder, with what is below each", () =>
    Effect.gen(function* () {
      const file = archived(
        yield* temporaryFolder(),
        "mkdir -p a/b c; printf 12345 > a/one; printf 123 > a/b/two; : > top; ln -s /etc/passwd link; mkfifo pipe; truncate -s 1M sparse"
      )
      const top = yield* listed(file, "")
      assert.deepStrictEqual(top, {
        members: [
          { name: "a", kind: "folder", bytes: 8, files: 2 },
          { name: "c", kind: "folder", bytes: 0, files: 0 },
          { name: "link", kind: "link", bytes: 0, files: 1 },
          { name: "pipe", kind: "special", bytes: 0, files: 1 },
          { name: "sparse", kind: "file", bytes: 1_048_576, files: 1 },
          { name: "top", kind: "file", bytes: 0, files: 1 }
        ],
        more: 0
      })
      for (const folder of ["a", "./a/", "a//"]) {
        assert.deepStrictEqual((yield* listed(file, folder)).members, [
          { name: "b", kind: "folder", bytes: 3, files: 1 },
          { name: "one", kind: "file", bytes: 5, files: 1 }
        ])
      }
      assert.deepStrictEqual(yield* listed(file, "nowhere"), { members: [], more: 0 })
    })
  )

  /** Verifies: LAW-13 */
  it.live("have the names that they have, whatever bytes these are", () =>
    Effect.gen(function* () {
      const file = archived(
        yield* temporaryFolder(),
        String.raw`mkdir d; : > "$(printf 'd/new\nline')"; : > "$(printf 'd/\377\200')"; : > 'd/"quoted" \back'; : > 'd/<script>'; : > 'd/ -> x'; ln -s 'a "b' 'd/-> link'`
      )
      const { members } = yield* listed(file, "d")
      assert.deepStrictEqual(
        members.map(({ name }) => name),
        [" -> x", '"quoted" \\back', "-> link", "<script>", "new\nline", "\u00ff\u0080"]
      )
    })
  )

  /** Verifies: LAW-13 */
  it.live("are never sought outside of the archive", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      writeFileSync(join(folder, "outside"), "x")
      const file = archived(folder, "echo x > f", ["--transform=s,^./f,./../../outside,", "."])
      const { members } = yield* listed(file, "")
      assert.deepStrictEqual(
        members.map(({ name }) => name),
        [".."]
      )
      const garbage = join(folder, "garbage")
      writeFileSync(garbage, "not a tar\n".repeat(1000))
      assert.strictEqual((yield* Effect.flip(listed(garbage, "")))._tag, "ToolFailed")
    })
  )

  it("are limited, however many there are", () => {
    const { add, members } = makeMembers("", pageLimits)
    const entry = entryOf('-rw-r--r-- 0/0 1 2026-11-30 00:00 "./f"')
    if (entry === null) throw new Error("not an entry")
    for (let index = 0; index < 60_000; index += 1) add({ ...entry, name: `./f${index}` })
    const found = members()
    assert.strictEqual(found.members.length, 1000)
    assert.strictEqual(found.more, 59_000)
  })
})
