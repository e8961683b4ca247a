/** A large volume is copied in parts. What was copied counts when the refresh is interrupted. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { describeTree, fillTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { forEachLine, type MirrorLine } from "../../../src/snapshot/mirror/tree/Line.ts"
import { anyFilesystem, inFolder, mirrorIn } from "./mirror.ts"

const scene = Effect.gen(function* () {
  const mirror = mirrorIn(yield* anyFilesystem)
  fillTree(mirror.volume)
  inFolder(
    mirror.volume,
    `for d in a b c d; do mkdir -p in/$d; for n in $(seq 100); do echo $d$n > in/$d/$n; done; done
     head -c 3M /dev/urandom > in/a/large; ln in/a/1 in/d/linked; ln in/d/2 in/a/linked
     setfattr -n user.of -v folder in/b; touch -d 2001-02-03T04:05:06.789 in/b in/c`
  )
  const file = join(mirror.home, "manifest")
  const lines = Effect.promise(async () => {
    const found: Array<MirrorLine> = []
    await forEachLine(file, fs.statSync(file).size, (line) => found.push(line))
    return found as ReadonlyArray<MirrorLine>
  })
  return { ...mirror, file, lines }
})

const patience = { timeout: 300_000 }
/** Nothing is copied again because it was written just now. */
const never = -3600

/** Verifies: LAW-11 */
describe("a mirror that is copied in parts", patience, () => {
  it.live("equals the volume, and so it does after changes that are copied in parts", () =>
    Effect.gen(function* () {
      const { home, manifest, problems, refreshInParts, tree, volume } = yield* scene
      const assertEqual = Effect.gen(function* () {
        assert.deepStrictEqual(describeTree(tree), describeTree(volume))
        assert.deepStrictEqual(yield* problems, [])
        const entries = inFolder(volume, "find . ! -type s -printf x").length
        assert.strictEqual((yield* manifest)?.entries, entries)
        const bytes = inFolder(volume, "find . -type f -printf '%s\\n' | awk '{ sum += $1 } END { print sum }'")
        assert.match(inFolder(home, "tail -c 40 manifest"), new RegExp(` ${bytes.trim()}\n$`))
      })
      yield* refreshInParts(never)
      yield* assertEqual
      inFolder(volume, "chmod -R g+w in; rm in/b/7 in/d/linked; mv in/c in/new; echo more >> in/a/9; ln -s /etc in/c")
      const { copied } = yield* refreshInParts(never)
      assert.isAbove(copied, 400)
      yield* assertEqual
    })
  )

  it.live("is not copied again for what an interrupted refresh has copied", () =>
    Effect.gen(function* () {
      const { file, lines, problems, refreshInParts, tree, volume } = yield* scene
      const first = yield* Effect.forkChild(refreshInParts(never))
      // At once: the first part is not quite over then.
      while (!fs.existsSync(file)) yield* Effect.promise(() => new Promise(setImmediate))
      yield* Fiber.interrupt(first)
      const listed = yield* lines
      assert.isAbove(listed.filter(({ marked }) => marked).length, 0)
      const copies = listed.filter(({ links, marked, type }) => type === "f" && links === 1 && !marked)
      // A new copy may get the inode of the old one.
      const changedAt = (path: string) =>
        fs.lstatSync(Buffer.from(join(tree, path), "latin1"), { bigint: true }).ctimeNs
      const before = copies.map(({ path }) => [path, changedAt(path)] as const)
      assert.isAbove(before.length, 0)
      yield* refreshInParts(never)
      assert.deepStrictEqual(
        before.map(([path]) => [path, changedAt(path)] as const),
        before
      )
      assert.deepStrictEqual(describeTree(tree), describeTree(volume))
      assert.deepStrictEqual(yield* problems, [])
    })
  )
})
