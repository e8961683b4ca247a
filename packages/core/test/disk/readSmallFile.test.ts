import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { readSmallFile, readSmallText, smallFileBytes } from "../../src/disk/readSmallFile.ts"
import { run } from "../../src/process/Tool.ts"

const folder = temporaryFolder()

const write = (path: string, bytes: string | Uint8Array) => Effect.promise(() => writeFile(path, bytes))
const link = (path: string, target: string) => Effect.promise(() => symlink(target, path))
const why = (path: string, limits = {}) =>
  Effect.map(Effect.flip(readSmallFile(path, limits)), ({ message }) => message)

describe("readSmallFile", () => {
  /** Verifies: LAW-13 */
  it.live("never blocks on a pipe, a device, a folder or a loop of links, and names what it found", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* run("mkfifo", [join(at, "pipe")])
      yield* link(join(at, "to-pipe"), "pipe")
      yield* link(join(at, "loop"), "loop")
      yield* Effect.promise(() => mkdir(join(at, "folder")))
      assert.strictEqual(yield* why(join(at, "pipe")), "it is a pipe")
      assert.strictEqual(yield* why(join(at, "to-pipe")), "it is a pipe")
      assert.strictEqual(yield* why("/dev/zero"), "it is a device")
      assert.strictEqual(yield* why(join(at, "folder")), "it is a folder")
      assert.match(yield* why(join(at, "loop")), /ELOOP/)
      assert.match(yield* why(join(at, "none")), /ENOENT/)
    })
  )

  it.live("follows a link to a file, unless links are refused", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* write(join(at, "file"), "text")
      yield* link(join(at, "link"), "file")
      assert.strictEqual(yield* readSmallText(join(at, "link")), "text")
      assert.strictEqual(yield* why(join(at, "link"), { followLinks: false }), "it is a link")
    })
  )

  it.live("reads up to its limit and refuses more, even if the size is unknown", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* write(join(at, "full"), Buffer.alloc(smallFileBytes, "x"))
      yield* write(join(at, "over"), Buffer.alloc(smallFileBytes + 1, "x"))
      assert.strictEqual((yield* readSmallFile(join(at, "full"))).length, smallFileBytes)
      assert.strictEqual(yield* why(join(at, "over")), "it is larger than 1024 KiB")
      assert.strictEqual(yield* why("/proc/self/smaps", { maxBytes: 1024 }), "it is larger than 1 KiB")
      assert.isAbove((yield* readSmallFile("/proc/self/status")).length, 100)
    })
  )

  it.live("accepts only UTF-8 as text", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* write(join(at, "file"), Uint8Array.of(0x61, 0xff))
      assert.strictEqual((yield* Effect.flip(readSmallText(join(at, "file")))).message, "it is not UTF-8 text")
    })
  )
})
