/**
 * Large files that changed. Where the filesystem can, the copy shares the blocks of the file (reflink); elsewhere only
 * the blocks that differ are written. tar copies the rest.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { Heartbeat } from "../../../process/Heartbeat.ts"
import type { Held } from "../../Held.ts"
import { removeTree } from "../../removeTree.ts"
import { copyBlocks, isThere } from "./Blocks.ts"
import type { Changes } from "./Changes.ts"
import type { MirrorLine } from "./Line.ts"
import { type Mode, paceAt, runAt } from "./Mode.ts"
import { writeNames } from "./Names.ts"
import { makeSpend } from "./Pace.ts"
import { attributesOf, hasStray } from "./StrayAttributes.ts"

/** Below this, to copy a whole file is as fast. */
const largeBytes = 4 * 1024 * 1024

const isLarge = ({ links, size, type }: MirrorLine): boolean => type === "f" && links === 1 && size >= largeBytes

const attributes = ["--no-dereference", "--parents", "--preserve=mode,ownership,timestamps,xattr"]

/** @returns the paths of the files that are copied, with the bytes that were written for each. */
export const copyLargeFiles = (home: Held, source: string, { before, now }: Changes, mode: Mode) =>
  Effect.gen(function* () {
    const paths = now.pathsOf(isLarge)
    if (paths.length === 0) return new Map<string, number>()
    if (yield* canShareBlocks(home)) return yield* shareBlocks(home, source, paths, mode)
    const known = paths.filter((path) => {
      const line = before.get(path)
      return line !== undefined && line.type === "f" && line.links === 1
    })
    return yield* updateBlocks(home, source, known, mode)
  })

const ext4 = 0xef53

/** Found out by doing it, but for ext4, which cannot. */
const canShareBlocks = (home: Held) =>
  Effect.gen(function* () {
    const { type } = yield* io("measure", home.path, () => fs.statfs(home.at))
    if (type === ext4) return false
    const args = ["--reflink=always", "--", "clock", "clock.shared"]
    return (yield* runAt("quiet", "cp", args, { cwd: home.at, codes: [0, 1] })).code === 0
  })

/**
 * The copies are new files: they have only what the source has. A file that cannot be shared (without copy-on-write,
 * `chattr +C`) is left to tar, like one that has vanished.
 */
const shareBlocks = (home: Held, source: string, paths: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    const options = ["--reflink=always", "--remove-destination", ...attributes]
    const copied = yield* copyByName(source, join(home.at, "tree"), paths, mode, options, true)
    return new Map(copied ? paths.map((path) => [path, 0] as const) : [])
  })

/** @param listed files of the tree by its manifest. Those that are missing are left to tar. */
const updateBlocks = (home: Held, source: string, listed: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    const tree = join(home.at, "tree")
    const known = yield* Effect.filter(listed, (path) => isThere(tree, path))
    const written = new Map<string, number>()
    const { beat } = yield* Heartbeat
    const spend = makeSpend((yield* paceAt(mode)).bandwidth)
    const updating = Effect.forEach(
      known,
      (path) =>
        Effect.map(copyBlocks(source, tree, path, beat, spend), (bytes) => {
          if (bytes !== null) written.set(path, bytes)
        }),
      { concurrency: 2, discard: true }
    )
    const [stray] = yield* Effect.all([strayIn(home, source, known, mode), updating], { concurrency: 2 })
    for (const path of stray) written.delete(path)
    const copied = yield* copyByName(source, tree, [...written.keys()], mode, ["--attributes-only", ...attributes])
    return copied ? written : new Map<string, number>()
  })

/** @param mayFail for one file. If the app runs, it may have vanished. @returns whether all could be copied. */
const copyByName = (
  from: string,
  to: string,
  paths: ReadonlyArray<string>,
  mode: Mode,
  options: ReadonlyArray<string>,
  mayFail = mode === "beside"
) =>
  Effect.gen(function* () {
    if (paths.length === 0) return true
    const file = join(yield* scratchFolder, "names")
    yield* writeNames(file, paths)
    const cp = ["cp", ...options, `--target-directory=${to}`, "--"]
    const { code } = yield* runAt(mode, "xargs", ["--null", `--arg-file=${file}`, "--", ...cp], {
      cwd: from,
      codes: mayFail ? [0, 123] : [0]
    })
    return code === 0
  }).pipe(Effect.scoped)

/**
 * Files of the tree with extended attributes that the source has no longer: cp removes none. tar tells the attributes
 * of a file only with its content, so they are looked up at empty files with the same attributes.
 */
const strayIn = (home: Held, source: string, paths: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    const of = (folder: string, names: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const empty = join(home.at, "empty")
        yield* removeTree(empty)
        yield* io("make folder", empty, () => fs.mkdir(empty, { mode: 0o700 }))
        yield* copyByName(folder, empty, names, mode, ["--attributes-only", ...attributes])
        const found = yield* attributesOf(empty, names, mode)
        yield* removeTree(empty)
        return found
      })
    if (paths.length === 0) return new Set<string>()
    const own = yield* of(join(home.at, "tree"), paths)
    const wanted = own.size === 0 ? own : yield* of(source, [...own.keys()])
    return new Set([...own.keys()].filter((path) => hasStray(own.get(path), wanted.get(path))))
  })
