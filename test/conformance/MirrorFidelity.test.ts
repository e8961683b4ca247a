/**
 * A mirror equals its volume (LAW-11), on each filesystem that it is used on, by a walker that shares no code with what
 * it checks.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { filesystem, inFolder, mirrorIn, missingFor } from "../../packages/core/test/snapshot/mirror/mirror.ts"
import { describeTree, fillTree } from "./SnapshotTree.ts"

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
    const missing = missingFor(kind)
    it.live.skipIf(missing !== "")(
      `on ${kind}${missing === "" ? "" : ` (${missing})`}: everything that a volume may hold, and after changes of every kind`,
      () =>
        Effect.gen(function* () {
          const { problems, refresh, tree, volume } = mirrorIn(yield* filesystem(kind))
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
