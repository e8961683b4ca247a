/** Whether a copy on a filesystem can share the blocks of a file (reflink): found out by doing it. */
import * as fs from "node:fs/promises"
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import { run } from "../../process/Tool.ts"
import { type Held, makeOwn, removeEmpty } from "../Held.ts"

/** More than a filesystem keeps in an inode. */
const content = Buffer.alloc(64 * 1024, "lastgood")

const names = ["file", "shared"] as const

/** @param base a folder on the filesystem. What is made in it is removed again. @returns false also if it cannot be written to. */
export const canShareBlocksIn = (base: Held) =>
  Effect.gen(function* () {
    const made = yield* io("make folder in", base.path, () => fs.mkdtemp(join(base.at, ".lastgood-probe-")))
    const name = basename(made)
    // Only if it is still ours (LAW-13).
    const folder = yield* makeOwn(base, [name])
    const clear = Effect.andThen(
      Effect.forEach(names, (file) => io("remove", folder.path, () => fs.rm(join(folder.at, file), { force: true }))),
      removeEmpty(base, [name])
    )
    yield* Effect.addFinalizer(() => Effect.ignore(clear))
    yield* io("write", folder.path, () => fs.writeFile(join(folder.at, names[0]), content, { flag: "wx", mode: 0o600 }))
    const { code } = yield* run("cp", ["--reflink=always", "--", ...names], { cwd: folder.at, codes: [0, 1] })
    return code === 0
  }).pipe(
    Effect.scoped,
    Effect.catch(() => Effect.succeed(false))
  )
