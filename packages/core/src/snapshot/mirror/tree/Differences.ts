/**
 * Where the tree is not as a list says. Both are brought to the same form and sorted by coreutils, since a copy has
 * other inodes and maybe another order, and the entries may be too many for memory.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../../disk/io.ts"
import { forEachRecord } from "../../../disk/Records.ts"
import { scratchFolder } from "../../../disk/Scratch.ts"
import type { run } from "../../../process/Tool.ts"
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
    const differences = new Map<string, Difference>()
    yield* forEachDifference(tree, list, mode, copied, (path, difference) => differences.set(path, difference))
    return differences as Differences
  })

/**
 * Calls `each` with every path that differs. There may be as many as the list has lines.
 *
 * @param what a line of the list says; `copied` of those of the tree.
 */
export const forEachDifference = (
  tree: List,
  list: List,
  mode: Mode,
  what: (line: MirrorLine) => string,
  each: (path: string, difference: Difference) => void
) =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const listed = join(scratch, "listed")
    const found = join(scratch, "found")
    yield* writeForms(list, listed, what)
    yield* writeForms(tree, found)
    yield* compareForms(listed, found, (tool, args, options) => runAt(mode, tool, args, options), each)
  }).pipe(Effect.scoped)

/**
 * @param listed a file with the forms of all entries, each followed by a NUL; `found` as well. Both are sorted in place.
 * @param start runs a program with the priority of the work.
 */
export const differencesBetween = (listed: string, found: string, start: typeof run) =>
  Effect.gen(function* () {
    const differences = new Map<string, Difference>()
    yield* compareForms(listed, found, start, (path, difference) => differences.set(path, difference))
    return differences as Differences
  })

const compareForms = (
  listed: string,
  found: string,
  start: typeof run,
  each: (path: string, difference: Difference) => void
) =>
  Effect.gen(function* () {
    for (const file of [listed, found]) {
      yield* start("sort", ["-z", "--buffer-size=64M", `--output=${file}`, "--", file])
    }
    const file = join(yield* scratchFolder, "differences")
    const fd = yield* Effect.acquireRelease(
      io("create", file, async () => fs.openSync(file, "wx", 0o600)),
      (open) => Effect.sync(() => fs.closeSync(open))
    )
    yield* start("comm", ["-3", "-z", "--", listed, found], { stdoutFd: fd })
    // Both sides of a path follow each other, since forms begin with it.
    let last: { readonly path: string; readonly difference: Difference } | null = null
    const end = () => {
      if (last !== null) each(last.path, last.difference)
    }
    yield* forEachRecord(file, 0, (record) => {
      const text = record.toString("latin1")
      const isFound = text.startsWith("\t")
      const [path, what] = parseForm(isFound ? text.slice(1) : text)
      if (last?.path !== path) end()
      const before = last?.path === path ? last.difference : { listed: null, found: null }
      last = { path, difference: isFound ? { ...before, found: what } : { ...before, listed: what } }
    })
    end()
  }).pipe(Effect.scoped)

/** Without the inode, and with a length before the path, which may contain anything but NUL. */
export const formOf = (path: string, what: string, group: Group | undefined): string =>
  `${path.length} ${path}${what}${group === undefined || group.count === 1 ? "" : `=${group.count}${group.first}`}`

const parseForm = (form: string): readonly [path: string, what: string] => {
  const start = form.indexOf(" ") + 1
  const end = start + Number(form.slice(0, start - 1))
  return [form.slice(start, end), form.slice(end)]
}

/** The hard links of an inode inside the tree are named by the first of their paths, and by how many they are. */
export interface Group {
  first: string
  count: number
}

type IsLinked = (line: MirrorLine) => boolean

const isNoFolder: IsLinked = ({ type }) => type !== "d"

const groupsIn = async (list: List, isLinked: IsLinked): Promise<ReadonlyMap<string, Group>> => {
  const groups = new Map<string, Group>()
  await forEachLine(list.file, list.size, (line) => {
    const { inode, links, path } = line
    if (links === 1 || !isLinked(line)) return
    const group = groups.get(inode)
    if (group === undefined) groups.set(inode, { first: path, count: 1 })
    else {
      group.count += 1
      if (path < group.first) group.first = path
    }
  })
  return groups
}

/**
 * @param what an entry is, without its path and its hard links.
 * @param isLinked whether the hard links of an entry count.
 */
export const writeForms = (
  list: List,
  file: string,
  what: (line: MirrorLine) => string = copied,
  isLinked: IsLinked = isNoFolder
) =>
  io("write", file, async () => {
    const groups = await groupsIn(list, isLinked)
    const forms = new Forms(file)
    try {
      await forEachLine(list.file, list.size, (line) => {
        forms.add(formOf(line.path, what(line), isLinked(line) ? groups.get(line.inode) : undefined))
      })
      forms.flush()
    } finally {
      forms.close()
    }
  })

/** A file that forms are added to. It is complete once it was flushed. */
export class Forms {
  private readonly fd: number
  /** A string that grows would leave several times as much garbage. */
  private readonly memory = Buffer.allocUnsafeSlow(1 << 18)
  private length = 0

  constructor(file: string) {
    this.fd = fs.openSync(file, "wx", 0o600)
  }

  add(form: string): void {
    if (this.length + form.length >= this.memory.length) this.flush()
    this.length += this.memory.write(form, this.length, "latin1")
    this.memory[this.length++] = 0
  }

  flush(): void {
    fs.writeFileSync(this.fd, this.memory.subarray(0, this.length))
    this.length = 0
  }

  close(): void {
    fs.closeSync(this.fd)
  }
}
