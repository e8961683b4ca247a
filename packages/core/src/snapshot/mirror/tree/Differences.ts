/**
 * Where the tree is not as a list says. Both are brought to the same form and sorted by coreutils, since a copy has
 * other inodes and maybe another order, and the entries may be too many for memory.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { forEachRecord, scratchFolder } from "../../Scratch.ts"
import { copied, forEachLine, type MirrorLine } from "./Line.ts"
import type { List } from "./List.ts"
import { type Mode, runAt } from "./Mode.ts"

export interface Difference {
  /** What the list says, as `copied` has it, and the group of its hard links; null: not listed. */
  readonly listed: string | null
  /** The same of the tree; null: not there. */
  readonly found: string | null
}

/** The type in a side of a difference. */
export const typeIn = (side: string | null): string | null => side?.slice(0, 1) ?? null

/** By path, in latin1. */
export type Differences = ReadonlyMap<string, Difference>

/** @param tree the list of the tree's own walk. */
export const differencesOf = (tree: List, list: List, mode: Mode) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const listed = yield* sorted(list, join(scratch, "listed"), mode)
    const found = yield* sorted(tree, join(scratch, "found"), mode)
    const file = join(scratch, "differences")
    const fd = yield* Effect.acquireRelease(
      io("create", file, async () => fs.openSync(file, "wx", 0o600)),
      (open) => Effect.sync(() => fs.closeSync(open))
    )
    yield* runAt(mode, "comm", ["-3", "-z", "--", listed, found], { stdoutFd: fd })
    const differences = new Map<string, Difference>()
    yield* forEachRecord(file, 0, (record) => {
      const text = record.toString("latin1")
      const isFound = text.startsWith("\t")
      const [path, what] = parseForm(isFound ? text.slice(1) : text)
      const before = differences.get(path) ?? { listed: null, found: null }
      differences.set(path, isFound ? { ...before, found: what } : { ...before, listed: what })
    })
    return differences as Differences
  }).pipe(Effect.scoped)

const sorted = (list: List, file: string, mode: Mode) =>
  Effect.gen(function* () {
    yield* io("write", file, () => writeForms(list, file))
    yield* runAt(mode, "sort", ["-z", "--buffer-size=64M", `--output=${file}`, "--", file])
    return file
  })

/** Without the inode, and with a length before the path, which may contain anything but NUL. */
const formOf = (line: MirrorLine, group: string): string => `${line.path.length} ${line.path}${copied(line)}${group}`

const parseForm = (form: string): readonly [path: string, what: string] => {
  const start = form.indexOf(" ") + 1
  const end = start + Number(form.slice(0, start - 1))
  return [form.slice(start, end), form.slice(end)]
}

/** The hard links of an inode inside the tree are named by the first of their paths, and by how many they are. */
interface Group {
  first: string
  count: number
}

const groupsIn = async (list: List): Promise<ReadonlyMap<string, Group>> => {
  const groups = new Map<string, Group>()
  await forEachLine(list.file, list.size, ({ inode, links, path, type }) => {
    if (type === "d" || links === 1) return
    const group = groups.get(inode)
    if (group === undefined) groups.set(inode, { first: path, count: 1 })
    else {
      group.count += 1
      if (path < group.first) group.first = path
    }
  })
  return groups
}

const writeForms = async (list: List, file: string): Promise<void> => {
  const groups = await groupsIn(list)
  const out = fs.openSync(file, "wx", 0o600)
  try {
    let text = ""
    const flush = () => {
      fs.writeSync(out, Buffer.from(text, "latin1"))
      text = ""
    }
    await forEachLine(list.file, list.size, (line) => {
      const group = line.type === "d" ? undefined : groups.get(line.inode)
      text += `${formOf(line, group === undefined || group.count === 1 ? "" : `=${group.count}${group.first}`)}\0`
      if (text.length > 1 << 18) flush()
    })
    flush()
  } finally {
    fs.closeSync(out)
  }
}
