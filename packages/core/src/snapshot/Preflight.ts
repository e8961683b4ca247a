/**
 * Measures what a snapshot and a rollback will need while the app still runs: a refusal here costs no downtime
 * (LAW-14). One `find` per volume (0.3 s for 100,000 files). A filter must not leave out data that the app needs
 * (LAW-15).
 */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import type { App, EffectiveApp, Volume } from "../domain/App.ts"
import { largeFileBytes, type VolumeSize } from "../domain/chooseEngines.ts"
import { volumeText } from "../domain/folders.ts"
import { filterOf } from "../domain/volumeFilter.ts"
import { run } from "../process/Tool.ts"
import { makeSelector } from "./Filter.ts"
import { type Folder, openFolder, startOf } from "./Folder.ts"
import type { Held } from "./Held.ts"
import { checkVolumeNames } from "./Layout.ts"
import { leftOutOf } from "./LeftOut.ts"
import { readMounts } from "./Mounts.ts"
import { sharing } from "./mirror/Engines.ts"
import { mirrorAt, onlyCopyOf } from "./mirror/Home.ts"
import { longestPath, refuseLength } from "./PathLength.ts"
import { placeOf } from "./Place.ts"
import { measureFor, nearest } from "./Room.ts"
import { current } from "./Shelf.ts"
import type { Prepared } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"
import { forEachEntry, walk } from "./Walk.ts"

/** Space that must remain free: for logs, the journal, and the app's own writes. */
const margin = 64 * 1024 * 1024
const tarBlock = 512
/** A member's header, its extended header, and that one's header. */
const memberOverhead = 3 * tarBlock

interface Measure {
  readonly folder: Folder
  /** Of the archive, an upper bound. */
  readonly archiveBytes: number
  /** Allocated on disk, like the staged tree will be. */
  readonly size: Required<VolumeSize>
  readonly entries: number
}

/** Measures the volumes, and refuses if something could not be kept or there is not enough space. */
export const prepare = (app: EffectiveApp, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* checkVolumeNames(volumes)
    // Fails if a capture could not publish.
    yield* current(app)
    const measures = yield* Effect.forEach(volumes, (volume) =>
      openFolder(app, volume).pipe(
        Effect.tap(assertMovable),
        Effect.flatMap((folder) => measure(app, folder))
      )
    )
    const needs = yield* needsOf(app, measures)
    const checked = yield* Effect.forEach(needs, (need) => {
      const isTight = need.freeBytes < need.needBytes || hasFewInodes(need)
      const measured = isTight ? withoutMirrors(app, measures, need) : Effect.succeed(need)
      return Effect.map(measured, (freed) => ({ need, freed }))
    })
    const short = checked.find(({ freed }) => freed.freeBytes < freed.needBytes)?.need
    if (short !== undefined) return yield* noRoom(short)
    const fewInodes = checked.find(({ freed }) => hasFewInodes(freed))?.need
    if (fewInodes !== undefined) {
      return yield* new SnapshotRefusal({
        reason: `the filesystem of ${fewInodes.at} has ${fewInodes.inodes} free inodes, expected ${fewInodes.entries}`,
        next: "remove unneeded files there, then try again",
        noRoom: true,
        full: fewInodes.at
      })
    }
    const tightest = checked
      .map(({ freed }) => freed)
      .reduce((a, b) => (a.freeBytes - a.needBytes <= b.freeBytes - b.needBytes ? a : b))
    return {
      volumes: measures.map(({ folder, archiveBytes, entries, size }) => ({
        name: folder.volume.name,
        bytes: archiveBytes,
        ...{ entries, size }
      })),
      needBytes: tightest.needBytes,
      freeBytes: tightest.freeBytes
    } satisfies Prepared
  }).pipe(Effect.scoped)

/**
 * A restore renames the folder, or moves its content if it is a mount. Attributes that forbid it (`chattr +i`, `+a`)
 * must be found before the app is down.
 */
const assertMovable = (folder: Folder) =>
  Effect.gen(function* () {
    const { stdout } = yield* run("lsattr", ["-d", "--", startOf(folder)], { cwd: folder.at }).pipe(
      // Not every filesystem has such attributes.
      Effect.catch(() => Effect.succeed({ stdout: "" }))
    )
    if (!/[ia]/.test(stdout.split(" ", 1)[0] ?? "")) return
    return yield* new SnapshotRefusal({
      reason: `${volumeText(folder.volume.name)}: it has an attribute that forbids ${folder.isMount ? "moving files out of it" : "renaming it"} (\`lsattr -d ${folder.path}\`)`,
      next: `chattr -i -a ${folder.path}`
    })
  })

const measure = (app: EffectiveApp, folder: Folder) =>
  Effect.gen(function* () {
    const filter = filterOf(app, folder.volume.key)
    const list = yield* walk(folder)
    const select = makeSelector(filter)
    let archiveBytes = 2 * tarBlock
    let treeBytes = 0
    let smallFileBytes = 0
    let files = 0
    let entries = 0
    let longest: Buffer = Buffer.alloc(0)
    const linked = new Set<string>()
    yield* forEachEntry(list, ({ allocated, inode, links, path, size, type }) => {
      if (path.length > 0 && select(path).length === 0) return
      entries += 1
      archiveBytes += memberOverhead
      if (type !== "d") files += 1
      if (path.length > longest.length) longest = path
      // A file with several names is stored once.
      if (type !== "d" && links > 1) {
        if (linked.has(inode)) return
        linked.add(inode)
      }
      treeBytes += allocated
      if (size < largeFileBytes) smallFileBytes += allocated
      if (type === "f") archiveBytes += Math.ceil(stored(size, allocated) / tarBlock) * tarBlock
    })
    if (longest.length > longestPath) return yield* refuseLength(folder, longest)
    yield* leftOutOf(app, folder, list)
    const measured = { bytes: treeBytes, files, smallFileBytes }
    return { folder, archiveBytes, size: measured, entries } satisfies Measure
  }).pipe(Effect.scoped)

/** Holes are not stored. (Below a page, a filesystem may keep the content in the inode and report no block.) */
const stored = (size: number, allocated: number): number => (size <= 4096 ? size : Math.min(size, allocated))

interface Need {
  readonly at: string
  readonly filesystem: string
  /** The archives go there. */
  readonly isRoot: boolean
  readonly needBytes: number
  readonly freeBytes: number
  readonly entries: number
  /** null: the filesystem has no fixed number of them. */
  readonly inodes: number | null
}

/**
 * The space that each filesystem needs: the archives go to the root's, each staged tree to the place of its volume.
 */
const needsOf = (app: App, measures: ReadonlyArray<Measure>) =>
  Effect.gen(function* () {
    const home = yield* nearest(app.dir)
    const archives = measures.reduce((sum, { archiveBytes }) => sum + archiveBytes, 0)
    const mounts = yield* readMounts
    const own = { path: home, at: home }
    const loads = [{ where: own, bytes: archives, entries: measures.length + 4 }]
    for (const { folder, size, entries } of measures) {
      const { kind } = yield* placeOf({ ...app, dir: home }, folder.volume, "preflight", "preflight")
      loads.push({ where: kind === "root" ? own : folder, bytes: size.bytes, entries })
    }
    const byFilesystem = new Map<string, (typeof loads)[number]>()
    for (const load of loads) {
      const filesystem = mounts.filesystemOf(load.where.path)
      const sum = byFilesystem.get(filesystem) ?? { where: load.where, bytes: 0, entries: 0 }
      byFilesystem.set(filesystem, {
        where: sum.where,
        bytes: sum.bytes + load.bytes,
        entries: sum.entries + load.entries
      })
    }
    return yield* Effect.forEach(byFilesystem, ([filesystem, { where, bytes, entries }]) =>
      Effect.map(
        measureFor(where, bytes + margin),
        (measured): Need => ({
          at: where.path,
          filesystem,
          isRoot: filesystem === mounts.filesystemOf(home),
          needBytes: bytes + margin,
          entries,
          ...measured
        })
      )
    )
  })

const hasFewInodes = ({ entries, inodes }: Need): boolean => inodes !== null && inodes < entries

/**
 * What is free on a filesystem without its mirrors. They give way: one that is not asked for is removed before the capture,
 * and one that does not fit is removed before its archive is unpacked.
 */
const withoutMirrors = (app: App, measures: ReadonlyArray<Measure>, need: Need) =>
  Effect.gen(function* () {
    const home = yield* nearest(app.dir)
    const mounts = yield* readMounts
    const each = yield* Effect.forEach(measures, ({ folder: { volume } }) =>
      Effect.gen(function* () {
        const place = yield* placeOf({ ...app, dir: home }, volume, "preflight", "preflight")
        const mirror = yield* mirrorAt({ ...app, dir: home }, place)
        if (mirror === null || mounts.filesystemOf(mirror.held.path) !== need.filesystem) return { bytes: 0, inodes: 0 }
        const { held } = mirror
        if ((yield* onlyCopyOf(app, mirror.home, held)) !== null) return { bytes: 0, inodes: 0 }
        return { bytes: yield* freedBytes(held), inodes: yield* used(held, "--inodes") }
      }).pipe(Effect.scoped)
    )
    const sum = (of: "bytes" | "inodes") => each.reduce((total, one) => total + one[of], 0)
    const inodes = need.inodes === null ? null : need.inodes + sum("inodes")
    return { ...need, freeBytes: need.freeBytes + sum("bytes"), inodes }
  })

/** What the removal of a mirror frees at least: its large files may share their blocks with the data. */
const freedBytes = (held: Held) =>
  Effect.gen(function* () {
    const all = yield* used(held, "--block-size=1")
    const { type } = yield* io("measure", held.path, () => fs.statfs(held.at))
    if (!sharing.has(Number(type))) return all
    const large = ["-type", "f", "-size", `+${largeFileBytes - 1}c`, "-printf", "%b\\n"]
    const { stdout } = yield* run("find", [".", "-xdev", ...large], { cwd: held.at })
    return stdout.split("\n").reduce((rest, blocks) => Math.max(0, rest - Number(blocks) * 512), all)
  })

const used = (held: Held, unit: string) =>
  Effect.map(run("du", ["--summarize", unit, "--one-file-system", "."], { cwd: held.at }), ({ stdout }) =>
    Number(stdout.split("\t", 1)[0])
  )

const noRoom = ({ at, freeBytes, isRoot, needBytes }: Need) =>
  new SnapshotRefusal({
    reason: `the filesystem of ${at} has ${megabytes(freeBytes)} MB free, expected ${megabytes(needBytes)} MB (${isRoot ? "snapshot, " : ""}the tree for a rollback, and a margin)`,
    next: isRoot
      ? "free space there, or put `root:` on another disk"
      : "free space there: a rollback unpacks the data beside itself",
    noRoom: true,
    full: at
  })

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6)
