/** Removes trees with subvolumes in them, while the users of the data try to lead the removal elsewhere. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { removeSubvolumes } from "../../src/removal/removeSubvolumes.ts"
import { removeTree } from "../../src/removal/removeTree.ts"
import { deleteSubvolume } from "../../src/removal/Subvolume.ts"
import { hold } from "../../src/snapshot/Held.ts"
import { makeSubvolume, subvolumesAt } from "../snapshot/btrfs/btrfs.ts"
import { filesystem, inFolder, missingFor } from "../snapshot/mirror/mirror.ts"

const missing = missingFor("btrfs")
const patience = { timeout: 120_000 }

const many = Array.from({ length: 40 }, (_, i) => String(i))

/** Replaces the folder `plain` by a link to `$1`, once the first subvolume in it is removed. */
const swapper = `while [ "$(ls plain | wc -l)" = ${many.length} ]; do :; done; mv -T plain moved; ln -s "$1" plain`

/** Verifies: LAW-13 */
describe("the removal of subvolumes", () => {
  it.live.skipIf(missing !== "")(
    `removes none through a folder that becomes a symlink${missing === "" ? "" : ` (${missing})`}`,
    () =>
      Effect.gen(function* () {
        const folder = yield* filesystem("btrfs")
        const [tree, outside] = [join(folder, "tree"), join(folder, "outside")]
        for (const name of many) {
          makeSubvolume(join(tree, "plain", name))
          makeSubvolume(join(outside, name))
        }
        const started = spawn("bash", ["-c", swapper, "bash", outside], { cwd: tree, stdio: "ignore" })
        const ended = new Promise((resolve) => started.on("close", resolve))
        yield* Effect.ignore(removeSubvolumes(tree))
        yield* Effect.promise(() => ended)
        assert.isTrue(fs.lstatSync(join(tree, "plain")).isSymbolicLink())
        assert.strictEqual(fs.readdirSync(outside).length, many.length)
        yield* removeTree(tree)
        assert.isFalse(fs.existsSync(tree))
        assert.strictEqual(subvolumesAt(folder), many.length)
      }),
    patience
  )

  it.live.skipIf(missing !== "")(
    `does not remove one that is mounted in the tree${missing === "" ? "" : ` (${missing})`}`,
    () =>
      Effect.gen(function* () {
        const folder = yield* filesystem("btrfs")
        const [tree, outside] = [join(folder, "tree"), join(folder, "outside")]
        makeSubvolume(outside)
        fs.writeFileSync(join(outside, "theirs"), "")
        fs.mkdirSync(join(tree, "at"), { recursive: true })
        inFolder(folder, "mount --bind outside tree/at")
        const error = yield* Effect.flip(removeTree(tree)).pipe(
          Effect.ensuring(Effect.sync(() => inFolder(folder, "umount tree/at")))
        )
        assert.match(error.message, /different device/)
        assert.deepStrictEqual(fs.readdirSync(outside), ["theirs"])
      }),
    patience
  )

  it.live.skipIf(missing !== "")(
    `refuses an ordinary folder, whose id is that of the subvolume around it${missing === "" ? "" : ` (${missing})`}`,
    () =>
      Effect.gen(function* () {
        const folder = yield* filesystem("btrfs")
        const around = join(folder, "around")
        makeSubvolume(around)
        fs.mkdirSync(join(around, "plain"))
        const error = yield* Effect.flip(Effect.flatMap(hold(join(around, "plain")), deleteSubvolume)).pipe(
          Effect.scoped
        )
        assert.match(error.message, /expected a subvolume to delete, found a folder/)
        assert.isTrue(fs.existsSync(join(around, "plain")))
      }),
    patience
  )
})
