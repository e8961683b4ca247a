/** Stores to a shared mapping, which change a file without changing its ctime. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { filesystem, inFolder, mirrorIn, missingFor } from "./mirror.ts"

/**
 * Stores to a page, so that it is dirty; again when the mirror has a copy of the file; and ends without a sync.
 * `$1`: the file, `$2`: its copy.
 */
const writer = `
import mmap, os, sys, time
file = open(sys.argv[1], "r+b")
memory = mmap.mmap(file.fileno(), 4096)
memory[0:5] = b"first"
print("ready", flush=True)
while not (os.path.exists(sys.argv[2]) and os.path.getsize(sys.argv[2]) == 4096): time.sleep(0.001)
time.sleep(0.02)
memory[0:5] = b"again"
print("done", flush=True)
`

/** Verifies: LAW-11 */
describe("a store to a shared mapping during a refresh", { timeout: 120_000 }, () => {
  for (const kind of ["ext4", "xfs", "btrfs"]) {
    const missing = missingFor(kind)
    it.live.skipIf(missing !== "")(
      `is in the tree after the next refresh on ${kind}${missing === "" ? "" : ` (${missing})`}`,
      () =>
        Effect.gen(function* () {
          const mirror = mirrorIn(yield* filesystem(kind))
          inFolder(mirror.volume, "head -c 4096 /dev/zero > mapped; sync -f mapped")
          const started = spawn("python3", ["-c", writer, join(mirror.volume, "mapped"), join(mirror.tree, "mapped")], {
            stdio: ["ignore", "pipe", "inherit"]
          })
          const said = (word: string) =>
            Effect.callback<void>((resume) => {
              started.stdout.on("data", (bytes: Buffer) => {
                if (bytes.toString().includes(word)) resume(Effect.void)
              })
            })
          yield* said("ready")
          // The ctime of the first store is not a recent one.
          yield* Effect.sleep("300 millis")
          yield* Effect.all([mirror.refresh("beside"), said("done")], { concurrency: 2 })
          yield* mirror.refresh("quiet")
          assert.deepStrictEqual(describeTree(mirror.tree), describeTree(mirror.volume))
          assert.strictEqual(inFolder(mirror.tree, "head -c 5 mapped"), "again")
        })
    )
  }
})
