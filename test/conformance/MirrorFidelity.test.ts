/**
 * A mirror equals its volume (LAW-11), on each filesystem that it is used on, by a walker that shares no code with what
 * it checks. Each filesystem is a real one in a file, and is skipped where it cannot be made.
 */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { inFolder, mirrorIn } from "../../packages/core/test/snapshot/mirror/mirror.ts"
import { describeTree, fillTree } from "./SnapshotTree.ts"

const has = (tool: string): boolean => spawnSync("which", [tool]).status === 0
const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0 && has("mount")

/** A filesystem of its own in a sparse file, mounted until the scope closes. */
const filesystem = (kind: string, folder: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const at = join(folder, "disk")
      fs.mkdirSync(at)
      inFolder(folder, `truncate -s 600M image; mkfs.${kind} -q image; mount -o loop image disk`)
      return at
    }),
    (at) => Effect.sync(() => execFileSync("umount", ["--lazy", at]))
  )

/** Changes of every kind to the tree that `fillTree` makes. */
const changes = `
printf other > file; touch -d '2001-02-03 04:05:06.123456789' file
chmod 600 secret; setfattr -n user.note -v changed near; setfattr -x user.tricky deep
rm -r empty; ln hard deep/hard4; rm hard2; printf new > across/again2; mv across/again2 across/again
rm link; mkdir link; printf x > link/x; rm -r closed; ln -s file closed
mkdir -p new/below; printf n > new/below/n; mkfifo new/fifo; mv sticky moved
printf data | dd of=holes bs=1 seek=100000 conv=notrunc status=none
truncate -s 7M onlyhole; printf more >> "$(printf 'caf\\351')"; rm "$(printf '\\377\\376')"; : > "$(printf '\\377\\375')"
touch -h -d '1980-01-01 00:00:00.5' dangling; ln -sfn elsewhere up
setfacl -b deep; chmod g+s deep
`

const patience = { timeout: 300_000 }

/** Verifies: LAW-11 */
describe("a mirror equals its volume", () => {
  for (const kind of ["ext4", "xfs", "btrfs"]) {
    const missing = !canMount ? "no permission to mount" : has(`mkfs.${kind}`) ? "" : `no mkfs.${kind}`
    it.live.skipIf(missing !== "")(
      `on ${kind}${missing === "" ? "" : ` (${missing})`}: everything that a volume may hold, and after changes of every kind`,
      () =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder()
          const { problems, refresh, tree, volume } = mirrorIn(yield* filesystem(kind, folder))
          fillTree(volume)
          yield* refresh("beside")
          assert.deepStrictEqual(describeTree(tree), describeTree(volume))
          yield* refresh("quiet")
          assert.deepStrictEqual(describeTree(tree), describeTree(volume))
          inFolder(volume, changes)
          yield* refresh("quiet")
          assert.deepStrictEqual(describeTree(tree), describeTree(volume))
          assert.deepStrictEqual(yield* problems, [])
        }),
      patience
    )
  }
})
