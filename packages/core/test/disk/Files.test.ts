import { constants, existsSync, readdirSync } from "node:fs"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { atOnce, atOnceIfLocal, Files } from "../../src/disk/Files.ts"
import { readSmallText } from "../../src/disk/readSmallFile.ts"
import { run } from "../../src/process/Tool.ts"

const folder = temporaryFolder()

const code = (cause: unknown) => (cause instanceof Error && "code" in cause ? String(cause.code) : String(cause))

const orCode = <A>(look: Promise<A>): Promise<A | string> => look.catch(code)

/** What every operation answers about a path. */
const seenAt = async (files: Files, path: string) => {
  const entries = async () => {
    const names: Array<string> = []
    for await (const { name } of files.entries(path)) names.push(name)
    return names.length
  }
  const opened = async () => {
    const file = await files.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      const bytes = Buffer.alloc(8)
      const count = (await file.stat()).isFile() ? await file.read(bytes, 1, 4, 1) : 0
      return { ino: (await file.exactStat()).ino, count, text: bytes.toString("latin1") }
    } finally {
      await file.close()
    }
  }
  return Promise.all([
    orCode(files.lstat(path).then(({ ino, mode }) => ({ ino, mode }))),
    orCode(files.exactLstat(path).then(({ birthtimeNs, ino }) => ({ birthtimeNs, ino }))),
    orCode(files.stat(path).then(({ ino, mode }) => ({ ino, mode }))),
    orCode(files.exactStat(path).then(({ birthtimeNs, ino }) => ({ birthtimeNs, ino }))),
    orCode(files.readlink(path)),
    orCode(files.realpath(path)),
    orCode(entries()),
    orCode(opened())
  ])
}

describe("Files", () => {
  it.live("says at once what threads say, of every kind of file and of none, and keeps nothing open", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* Effect.promise(async () => {
        await writeFile(join(at, "file"), "0123456789")
        await mkdir(join(at, "folder"))
        for (let count = 0; count < 600; count++) await writeFile(join(at, "folder", String(count)), "")
        await symlink("file", join(at, "link"))
        await symlink("loop", join(at, "loop"))
      })
      yield* run("mkfifo", [join(at, "pipe")])
      const onThreads = yield* Files
      for (const name of ["file", "folder", "link", "loop", "pipe", "none", "file/below"]) {
        const path = join(at, name)
        const expected = yield* Effect.promise(() => seenAt(onThreads, path))
        assert.deepStrictEqual(yield* Effect.promise(() => seenAt(atOnce, path)), expected, name)
      }
      const before = readdirSync("/proc/self/fd").length
      for (let count = 0; count < 20; count++) yield* Effect.promise(() => seenAt(atOnce, join(at, "folder")))
      assert.isBelow(readdirSync("/proc/self/fd").length, before + 20)
    })
  )

  it.live("lets other work go on while it lists many files at once, and stops when nobody wants more", () =>
    Effect.gen(function* () {
      const at = yield* folder
      yield* Effect.promise(async () => {
        for (let count = 0; count < 600; count++) await writeFile(join(at, String(count)), "")
      })
      let turns = 0
      const count = () => {
        turns++
        immediate = setImmediate(count)
      }
      let immediate = setImmediate(count)
      yield* Effect.promise(async () => {
        for await (const _ of atOnce.entries(at)) void _
        clearImmediate(immediate)
        for await (const _ of atOnce.entries(at)) return
      })
      assert.isAtLeast(turns, 2)
    })
  )

  it.live("looks at once only at files that no server and no other program answers for", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const filesAt = (path: string) => atOnceIfLocal(path)(Files)
      yield* Effect.promise(() => writeFile(join(at, "file"), "text"))
      assert.strictEqual(yield* filesAt("/proc/self"), yield* Files)
      // A filesystem of another type is read on threads.
      if (existsSync("/dev/shm")) assert.strictEqual(yield* filesAt("/dev/shm"), atOnce)
      assert.strictEqual(yield* atOnceIfLocal(at)(readSmallText(join(at, "file"))), "text")
    })
  )
})
