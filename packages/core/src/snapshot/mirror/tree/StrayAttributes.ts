/**
 * Extended attributes that a folder of the tree has, and the source has no longer. tar sets the attributes of a folder
 * that exists, and removes none, and no other tool that is always there removes them. So such a folder is made anew,
 * around the same content.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import { fidelity, reproducible } from "../../Archive.ts"
import type { Held } from "../../Held.ts"
import { removeTree } from "../../removeTree.ts"
import { type Mode, runAt } from "./Mode.ts"
import { writeNames } from "./Names.ts"

/**
 * @param source the name of the volume's held folder.
 * @param names of folders that are in both.
 * @returns those that have such attributes.
 */
export const withStrayAttributes = (home: Held, source: string, names: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    if (names.length === 0) return []
    const own = yield* attributesOf(join(home.at, "tree"), names, mode)
    if (own.size === 0) return []
    const wanted = yield* attributesOf(source, [...own.keys()], mode)
    return [...own.keys()].filter((name) => hasStray(own.get(name), wanted.get(name)))
  })

type Keys = ReadonlySet<string> | undefined

/** Whether the copy has an attribute that the source does not have. */
export const hasStray = (own: Keys, wanted: Keys): boolean =>
  own !== undefined && [...own].some((key) => wanted?.has(key) !== true)

/** Moves the content into a new folder, and that to the place of the old one. tar sets its attributes later. */
export const makeAnew = (home: Held, name: string, mode: Mode) =>
  Effect.gen(function* () {
    const file = join(yield* scratchFolder, "args")
    const anew = join(home.at, "anew")
    const old = `tree${name.slice(1)}`
    const call = (tool: string, args: ReadonlyArray<string>) =>
      Effect.andThen(
        writeNames(file, args),
        runAt(mode, "xargs", ["--null", `--arg-file=${file}`, "--", tool], { cwd: home.at })
      )
    yield* removeTree(anew)
    yield* io("make folder", anew, () => fs.mkdir(anew, { mode: 0o700 }))
    const move = ["-exec", "mv", "--target-directory=anew", "--", "{}", "+"]
    yield* call("find", [old, "-mindepth", "1", "-maxdepth", "1", ...move])
    yield* call("rmdir", ["--", old])
    yield* call("mv", ["--no-target-directory", "--", "anew", old])
  }).pipe(Effect.scoped)

/**
 * The names of the attributes, as tar writes them into its headers. Entries without any are left out.
 *
 * @param names of folders and empty files.
 */
export const attributesOf = (folder: string, names: ReadonlyArray<string>, mode: Mode) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const list = join(scratch, "names")
    const headers = join(scratch, "headers")
    yield* writeNames(list, names)
    const what = ["--no-recursion", "--null", "--verbatim-files-from", `--files-from=${list}`]
    const where = ["--force-local", `--file=${headers}`, `--directory=${folder}`]
    // 2: a folder is not there (any more).
    yield* runAt(mode, "tar", ["--create", ...fidelity, reproducible, ...where, ...what], { codes: [0, 2] })
    return yield* io("read", headers, async () => parseHeaders(await fs.readFile(headers)))
  }).pipe(Effect.scoped)

const block = 512
const text = (bytes: Buffer, from: number, length: number): string => {
  const field = bytes.toString("latin1", from, from + length)
  const end = field.indexOf("\0")
  return end === -1 ? field : field.slice(0, end)
}

/** Of an archive without content: headers, and extended headers before them. */
const parseHeaders = (bytes: Buffer): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, ReadonlySet<string>>()
  let extended = new Map<string, string>()
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0; ) {
    const header = at
    const size = Number.parseInt(text(bytes, header + 124, 12), 8)
    at += block + Math.ceil(size / block) * block
    if (text(bytes, header + 156, 1) === "x") {
      extended = parseExtended(bytes.subarray(header + block, header + block + size))
      continue
    }
    const prefix = text(bytes, header + 345, 155)
    const name = extended.get("path") ?? `${prefix === "" ? "" : `${prefix}/`}${text(bytes, header, 100)}`
    const keys = [...extended.keys()].filter((key) => key.startsWith("SCHILY.xattr."))
    if (keys.length > 0) found.set(name === "./" ? "." : name.replace(/\/$/, ""), new Set(keys))
    extended = new Map()
  }
  return found
}

/** Records of `<length> <key>=<value>\n`. */
const parseExtended = (content: Buffer): Map<string, string> => {
  const records = new Map<string, string>()
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(" ", at)
    const end = at + Number(content.toString("latin1", at, space))
    const equals = content.indexOf("=", space)
    records.set(content.toString("latin1", space + 1, equals), content.toString("latin1", equals + 1, end - 1))
    at = end
  }
  return records
}
