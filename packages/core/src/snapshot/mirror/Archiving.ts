/**
 * Makes the archives of a snapshot whose content is in mirrors, while the app is up. Until an archive is on disk and in
 * `meta.json`, the mirror is the snapshot: it is compared with its manifest before it is read, and must not change while it is read.
 * The archive is read back before it is used.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { statOrNull, sync } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import type { App } from "../../domain/App.ts"
import type { Priority } from "../../process/priority.ts"
import { createArchive } from "../Archive.ts"
import { whileListed } from "../btrfs/Listed.ts"
import { isSubvolumeStamp } from "../btrfs/Stamp.ts"
import { crc } from "../Checksums.ts"
import type { Folder } from "../Folder.ts"
import { type Held, holdTree } from "../Held.ts"
import { archivesOf } from "../Layout.ts"
import { writeMeta } from "../Meta.ts"
import { openSnapshot } from "../Opening.ts"
import { assertPathsFit } from "../PathLength.ts"
import { whileReporting } from "../Reporting.ts"
import { type Archive, SnapshotDamaged, type SnapshotMeta } from "../SnapshotStore.ts"
import { SnapshotRefusal } from "../Trouble.ts"
import { isChangedSince, stampFor, treeProblems } from "./Check.ts"
import { holdHome, homeAt, isUnsealed } from "./Home.ts"
import { readBackProblems } from "./ReadBack.ts"

/** The tree of a mirror, as a folder to make an archive of. */
const treeOf = (held: Held, name: string, { driver, key, kind = "volume", labels, options }: Archive) =>
  Effect.map(
    holdTree(held),
    (tree): Folder => ({
      ...tree,
      volume: { kind, name, key, path: tree.path, driver, options, labels, created: null },
      file: null,
      isMount: false
    })
  )

const everything = { include: [], exclude: [] }

const archiveMirror = (app: App, folder: string, id: string, name: string, archive: Archive, priority: Priority) =>
  Effect.gen(function* () {
    const held = yield* holdHome(homeAt(app, archive.mirror ?? ""))
    const damaged = (problems: ReadonlyArray<string>) => new SnapshotDamaged({ app: app.name, snapshot: id, problems })
    const problems = yield* treeProblems(held, id, archive)
    if (held === null || problems.length > 0) return yield* damaged(problems)
    const stamp = yield* stampFor(held, archive)
    const file = join(folder, archive.file)
    yield* removeFile(file)
    // A part of an archive is of no use, and its space may be the last of a disk that the app needs as well.
    yield* Effect.addFinalizer((exit) => (Exit.isSuccess(exit) ? Effect.void : Effect.ignore(removeFile(file))))
    const handle = yield* Effect.acquireRelease(
      io("create", file, () => fs.open(file, "wx", 0o600)),
      (open) => Effect.ignore(io("close", file, () => open.close()))
    )
    const grown = io("measure", file, async () => (await handle.stat()).size)
    const tree = yield* treeOf(held, name, archive)
    if (isSubvolumeStamp(stamp)) yield* warnOfLongPaths(tree, id)
    yield* createArchive(tree, everything, file, priority).pipe(whileReporting(`archive ${name}`, archive.bytes, grown))
    yield* sync(file)
    const sum = yield* crc(file)
    const reading = readBackProblems(file, held, priority)
    const missed = yield* isSubvolumeStamp(stamp) ? whileListed(held, reading) : reading
    if (missed.length > 0) return yield* notTheTree(name, missed)
    if (yield* isChangedSince(held, stamp)) return yield* damaged([`${held.path} changed while its archive was made`])
    yield* sync(archivesOf(folder))
    const { mirror: _, ...made } = archive
    return { ...made, bytes: Number((yield* statOrNull(file))?.size ?? 0n), crc: sum, tree: stamp }
  }).pipe(Effect.scoped)

/** A subvolume is captured without a walk, so a path may have become too long after `prepare`. A mirror refuses it. */
const warnOfLongPaths = (tree: Folder, id: string) =>
  assertPathsFit(tree, everything).pipe(
    Effect.catchTag("SnapshotRefusal", ({ message }) =>
      Effect.logWarning(`${id} can be restored only until the next upgrade removes its btrfs snapshot: ${message}`)
    )
  )

const notTheTree = (name: string, problems: ReadonlyArray<string>) =>
  new SnapshotRefusal({
    reason: `the archive of ${name} was removed, because it differs from the mirror that it was made of: ${problems.slice(0, 3).join("; ")}`,
    next: "check the disk, the memory and the `tar` of this host, then try again"
  })

const removeFile = (file: string) => io("remove", file, () => fs.rm(file, { force: true }))

/**
 * Makes the missing archives of a snapshot, one after the other. Each is in the meta once it is on disk.
 *
 * @param priority `normal` if a rollback waits for them.
 * @param which of them.
 */
export const archiveAll = (
  app: App,
  id: string,
  priority: Priority,
  which: (archive: Archive) => boolean = () => true
) =>
  Effect.gen(function* () {
    const opened = yield* openSnapshot(app, id)
    const { folder } = opened
    let { meta } = opened
    for (const [name, archive] of Object.entries(opened.meta.archives)) {
      if (archive.mirror === undefined || !which(archive)) continue
      const archives = { ...meta.archives, [name]: yield* archiveMirror(app, folder, id, name, archive, priority) }
      meta = { ...meta, archives, format: isUnsealed({ archives }) ? 2 : 1 } satisfies SnapshotMeta
      yield* writeMeta(folder, meta)
    }
    return meta
  })
