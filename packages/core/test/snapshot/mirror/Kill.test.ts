/** A refresh that is killed with SIGKILL at many moments, and what the next one makes of the tree. */
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeTree, fillTree } from "../../../../../test/conformance/SnapshotTree.ts"
import { killed, toolsEnded } from "../killed.ts"
import { anyFilesystem, inFolder, mirrorIn } from "./mirror.ts"

const worker = fileURLToPath(new URL("worker.ts", import.meta.url))

/** Different in every round: files, types, links and folders change, among them those of the round before. */
const changes = (round: number): string => `
i=${round}; j=$((i % 3))
for n in $(seq 30); do printf '%s' "$i $n" > "many$j/$n"; done
rm -rf "swap$j" "dir$((i % 5))"; mkdir -p "dir$((i % 5))/in" "dir$(((i + 1) % 5))"; printf '%s' "$i" > "dir$((i % 5))/in/f"
if [ $((i % 2)) = 0 ]; then ln -s /etc "swap$j"; else mkdir "swap$j"; printf x > "swap$j/hostname"; fi
ln -f "many$j/1" "hard$((i % 4))"; ln -f "many$j/2" "dir$((i % 5))/link"
setfattr -n "user.k$((i % 3))" -v "$i" "many$j"; setfattr -x "user.k$(((i + 1) % 3))" "many$j" 2> /dev/null || true
printf '%s' "$i" | dd of=big bs=1 seek=$((i * 100000)) conv=notrunc status=none
`

const rounds = 10

/** Verifies: LAW-4, LAW-11 */
describe("kill -9 during a refresh", { timeout: 1_200_000 }, () => {
  it.live("leaves a tree that the next refresh makes equal to the volume", () =>
    Effect.gen(function* () {
      const folder = yield* anyFilesystem
      const mirror = mirrorIn(folder)
      fillTree(mirror.volume)
      inFolder(mirror.volume, "mkdir many0 many1 many2; dd if=/dev/urandom of=big bs=1M count=6 status=none")
      const { tookMs: first } = yield* killed("beside", folder, "", 600_000, worker)
      inFolder(mirror.volume, changes(0))
      const { tookMs } = yield* killed("beside", folder, "", 600_000, worker)
      let hits = 0
      for (let round = 1; round <= rounds; round++) {
        inFolder(mirror.volume, changes(round))
        // Some rounds begin without a mirror.
        if (round % 7 === 0) inFolder(mirror.home, "rm manifest")
        const after = ((round % 7 === 0 ? first : tookMs) * ((round * 7919) % 100)) / 100
        const { done, pid } = yield* killed(round % 2 === 0 ? "beside" : "quiet", folder, "", after, worker)
        if (!done) hits += 1
        yield* toolsEnded(pid)
        // And sometimes the killed one is followed by another one that is killed.
        if (round % 3 === 0) yield* toolsEnded((yield* killed("beside", folder, "", after / 2, worker)).pid)
        if (round % 4 === 0) inFolder(mirror.volume, changes(round + 100))
        yield* mirror.refresh("quiet")
        assert.deepStrictEqual(describeTree(mirror.tree), describeTree(mirror.volume))
        assert.deepStrictEqual(yield* mirror.problems, [])
      }
      assert.isAbove(hits, 0)
    })
  )

  it.live("in parts leaves a tree that the next refresh makes equal to the volume", () =>
    Effect.gen(function* () {
      const folder = yield* anyFilesystem
      const mirror = mirrorIn(folder)
      fillTree(mirror.volume)
      inFolder(mirror.volume, "mkdir many0 many1 many2; dd if=/dev/urandom of=big bs=1M count=6 status=none")
      inFolder(mirror.volume, "for n in $(seq 200); do echo $n > many0/a$n; done; ln many0/a1 many0/z; ln big many2/z")
      const { tookMs } = yield* killed("parts", folder, "", 600_000, worker)
      let hits = 0
      for (const fraction of [0.2, 0.5, 0.8]) {
        inFolder(mirror.home, "rm manifest")
        for (const round of [1, 2]) {
          const { done, pid } = yield* killed("parts", folder, "", tookMs * fraction, worker)
          if (!done) hits += 1
          yield* toolsEnded(pid)
          inFolder(mirror.volume, changes(round))
        }
        yield* mirror.refresh("quiet")
        assert.deepStrictEqual(describeTree(mirror.tree), describeTree(mirror.volume))
        assert.deepStrictEqual(yield* mirror.problems, [])
      }
      assert.isAbove(hits, 0)
    })
  )
})
