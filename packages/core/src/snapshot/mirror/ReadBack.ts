/**
 * Reads an archive back: whether it has every entry of the manifest as it is there, and no other. tar may have left an
 * entry out without an error, and after the archive is made nothing else is left of the snapshot.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type IoFailed, io } from "../../disk/io.ts"
import { forEachRecord } from "../../disk/Records.ts"
import { scratchFolder } from "../../disk/Scratch.ts"
import { type Priority, runAt } from "../../process/priority.ts"
import type { ToolFailed } from "../../process/Tool.ts"
import { type ArchiveEntry, entryOf } from "../ArchiveEntry.ts"
import type { Held } from "../Held.ts"
import { listProblems } from "../Listing.ts"
import { differencesBetween, Forms, formOf, type Group, writeForms } from "./tree/Differences.ts"
import { type Attributes, copied } from "./tree/Line.ts"
import { manifestAt, readList } from "./tree/List.ts"
import { shown } from "./tree/Manifest.ts"

/**
 * Content is not compared: the checksum of the archive is computed of what tar wrote.
 *
 * @param file the archive.
 * @param held the mirror, whose manifest is compared.
 * @returns empty: the archive has what the manifest lists.
 */
export const readBackProblems = (
  file: string,
  held: Held,
  priority: Priority
): Effect.Effect<ReadonlyArray<string>, IoFailed | ToolFailed> =>
  Effect.gen(function* () {
    const scratch = yield* scratchFolder
    const lines = join(scratch, "listing")
    const problems = yield* listProblems(file, { lines, skips: true })
    if (problems.length > 0) return problems
    const manifest = yield* readList(manifestAt(held))
    if (manifest === null) return ["the mirror has no manifest"]
    const listed = join(scratch, "listed")
    const found = join(scratch, "found")
    yield* writeForms(manifest, listed, inArchive, isLinkedInArchive)
    yield* writeFound(lines, found)
    const differences = yield* differencesBetween(listed, found, (tool, args, options) =>
      runAt(priority, tool, args, options)
    )
    return [...differences].map(
      ([path, difference]) =>
        `${shown(path)}: found ${text(difference.found)}, expected ${text(difference.listed)} in the archive`
    )
  }).pipe(Effect.scoped)

const text = (side: string | null): string => (side === null ? "nothing" : `"${side}"`)

/**
 * find and tar do not print a time before 1970 or after 9999 in ways that can be compared: of a nanosecond before 1970, tar
 * prints that of one after.
 */
const comparable = (mtime: string): string => {
  const seconds = Number(mtime)
  return seconds >= 1 && seconds < 253_402_300_800 ? mtime : "?"
}

const inArchive = (attributes: Attributes): string => copied({ ...attributes, mtime: comparable(attributes.mtime) })

/** tar writes each name of a pipe or a device as one of its own. */
const isLinkedInArchive = ({ type }: Pick<Attributes, "type">): boolean => type === "f" || type === "l"

/** Writes the entries of tar's listing as `writeForms` writes those of a manifest. */
const writeFound = (lines: string, file: string) =>
  Effect.gen(function* () {
    const groups = yield* groupsIn(lines)
    const forms = yield* Effect.acquireRelease(
      io("create", file, async () => new Forms(file)),
      (open) => Effect.ignore(io("close", file, async () => open.close()))
    )
    /** Of the names that hard links have as their target. They come before the links. */
    const targets = new Map<string, Attributes>()
    yield* forEachEntry(lines, (entry) => {
      const path = pathOf(entry.name)
      const target = entry.kind === "hardlink" ? entry.target : null
      const group = groups.get(target ?? path)
      const own = target === null ? attributesOf(entry) : { ...attributesOf(entry), ...contentOf(targets.get(target)) }
      if (target === null && group !== undefined) targets.set(path, own)
      forms.add(formOf(path, inArchive(own), group))
    })
    yield* io("write", file, async () => forms.flush())
  }).pipe(Effect.scoped)

/** By the name that is the target of the others. */
const groupsIn = (lines: string) =>
  Effect.gen(function* () {
    const groups = new Map<string, Group>()
    yield* forEachRecord(lines, 0x0a, (line) => {
      const entry = line.includes(" link to ") ? entryOf(line.toString("latin1")) : null
      if (entry?.kind !== "hardlink" || entry.target === null) return
      const { name, target } = entry
      const path = pathOf(name)
      const group = groups.get(target) ?? { first: target, count: 1 }
      group.count += 1
      if (path < group.first) group.first = path
      groups.set(target, group)
    })
    return groups as ReadonlyMap<string, Group>
  })

const forEachEntry = (lines: string, each: (entry: ArchiveEntry) => void) =>
  forEachRecord(lines, 0x0a, (line) => {
    const entry = entryOf(line.toString("latin1"))
    if (entry !== null) each(entry)
  })

/** As find names it: `.` and `./a` for `./` and `./a/`. */
const pathOf = (name: string): string => (name.endsWith("/") ? name.slice(0, -1) : name)

const typeOf = ({ kind, mode }: ArchiveEntry): string => {
  if (kind === "folder") return "d"
  if (kind === "symlink") return "l"
  return kind === "special" ? mode.slice(0, 1) : "f"
}

const attributesOf = (entry: ArchiveEntry): Attributes => {
  const type = typeOf(entry)
  const target = entry.kind === "symlink" ? (entry.target ?? "") : ""
  return {
    type,
    mode: octal(entry.mode),
    owner: entry.owner.replace("/", ":"),
    size: type === "l" ? target.length : entry.bytes,
    mtime: secondsOf(entry.modified),
    target
  }
}

/** A hard link has the type, size and target of what it is a link to. */
const contentOf = (linked: Attributes | undefined): Pick<Attributes, "size" | "target" | "type"> =>
  linked === undefined
    ? { type: "h", size: 0, target: "" }
    : { type: linked.type, size: linked.size, target: linked.target }

/** `-rwsr-x--t` as `5751`. */
const octal = (mode: string): string => {
  const bits = mode.slice(1, 10)
  const special = [2, 5, 8].reduce((sum, at, i) => sum + (/[sStT]/.test(bits.charAt(at)) ? 4 >> i : 0), 0)
  const plain = [...bits].reduce((sum, bit) => sum * 2 + (/[-ST]/.test(bit) ? 0 : 1), 0)
  return (special * 512 + plain).toString(8)
}

/** As find prints it: seconds, with a fraction of ten digits. */
const secondsOf = (modified: string): string => {
  const [, date, time, fraction = ""] = /^(\S+) ([\d:]{8})(?:\.(\d+))?$/.exec(modified) ?? []
  const ms = Date.parse(`${date}T${time}Z`)
  return Number.isNaN(ms) ? "?" : `${ms / 1000}.${fraction.padEnd(10, "0")}`
}
