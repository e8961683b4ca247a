import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { walkFast, walkInto } from "../../../src/snapshot/mirror/tree/Walking.ts"
import { temporaryFolder } from "../fixture.ts"
import { anyFilesystem, inFolder, mirrorIn } from "./mirror.ts"

const patience = { timeout: 120_000 }

const bothLists = (folder: string) =>
  Effect.gen(function* () {
    const lists = yield* temporaryFolder()
    const whole = yield* walkInto(join(lists, "whole"), folder, "quiet")
    const parts = yield* walkFast(join(lists, "parts"), folder, 1 << 30)
    return [fs.readFileSync(whole.file, "latin1"), fs.readFileSync(parts.file, "latin1"), parts.size] as const
  })

/** Verifies: LAW-11 */
describe("a fast walk", patience, () => {
  it.live("lists what one walk lists, in the same order", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      inFolder(
        folder,
        `for i in $(seq 30); do mkdir -p d$i/e; echo $i > d$i/f; ln d$i/f d$i/e/l; echo $i > f$i; done
         mkdir ./-delete $'new\\nline' empty; echo > ./-delete/x; echo > $'new\\nline/\\xff'; ln -s d1 link; mkfifo pipe
         python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'`
      )
      const [whole, parts, size] = yield* bothLists(folder)
      assert.strictEqual(parts, whole)
      assert.strictEqual(size, whole.length)
      assert.include(whole, "./new\nline/\xff\0")
      assert.notInclude(whole, "socket")
    })
  )

  it.live("lists a folder whose entries are not text, are too many, or none", () =>
    Effect.gen(function* () {
      for (const made of ["mkdir $'\\xff'; echo > $'\\xff/x'; echo > y", "touch $(seq 6000)", ":"]) {
        const folder = yield* temporaryFolder()
        inFolder(folder, made)
        const [whole, parts] = yield* bothLists(folder)
        assert.strictEqual(parts, whole)
      }
    })
  )

  it.live("finds what changed in a large volume", () =>
    Effect.gen(function* () {
      const mirror = mirrorIn(yield* anyFilesystem)
      const long = "x".repeat(240)
      inFolder(mirror.volume, `for d in $(seq 20); do mkdir $d; (cd $d; touch $(seq -f %g${long} 200)); done`)
      yield* Effect.sleep("200 millis")
      yield* mirror.refresh("beside")
      assert.isAbove(fs.statSync(join(mirror.home, "manifest")).size, 1 << 20)
      inFolder(
        mirror.volume,
        `echo 1 > 7/5${long}; rm 3/9${long}; rm -r 11; mkdir 12/new; echo 2 > 12/new/file; mv 20 21`
      )
      yield* mirror.refresh("quiet")
      // The size of a folder depends on its history.
      const format = "-printf '%y %m %T@ %p\\n'"
      const listed = (folder: string) => inFolder(folder, `find . ${format} | sort; cat 7/5* 12/new/file`)
      assert.strictEqual(listed(mirror.tree), listed(mirror.volume))
      assert.deepStrictEqual(yield* mirror.problems, [])
    })
  )
})
