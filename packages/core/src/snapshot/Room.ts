/** Measures space, checks for enough of it before a restore unpacks, and makes the refusal if there is not enough. */
import * as fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { statOrNull } from "../disk/Durable.ts"
import { type IoFailed, io } from "../disk/io.ts"
import { awaitDeleted, isOnBtrfs } from "../removal/Subvolume.ts"
import type { Held } from "./Held.ts"
import { archiveOf } from "./Meta.ts"
import { readMounts } from "./Mounts.ts"
import { holdBase, type Place } from "./Place.ts"
import type { Archive, SnapshotMeta } from "./SnapshotStore.ts"
import { isFull, SnapshotRefusal, type SnapshotTrouble } from "./Trouble.ts"

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6)

/** The nearest existing folder above, without symlinks. The app's own may not exist yet. */
export const nearest = (path: string): Effect.Effect<string, IoFailed> =>
  Effect.flatMap(statOrNull(path), (stat) =>
    stat === null ? nearest(dirname(path)) : io("resolve", path, () => fs.realpath(path))
  )

/**
 * Measures a filesystem. If it has too little space, the space of deleted subvolumes is waited for.
 *
 * @param where a folder on it.
 * @param needBytes what is needed.
 */
export const measureFor = (where: Pick<Held, "at" | "path">, needBytes: number) =>
  Effect.gen(function* () {
    const measure = Effect.map(
      io("measure", where.path, () => fs.statfs(where.at)),
      (stat) => ({ freeBytes: stat.bavail * stat.bsize, inodes: stat.files === 0 ? null : stat.ffree })
    )
    const found = yield* measure
    if (found.freeBytes >= needBytes || !(yield* isOnBtrfs(where))) return found
    yield* Effect.ignore(awaitDeleted(where))
    return yield* measure
  })

/** Based on the size of the archives. Many small files take more, so the disk may still fill up. */
export const assertRoom = (meta: SnapshotMeta, places: ReadonlyArray<Place>) =>
  Effect.gen(function* () {
    const mounts = yield* readMounts
    const needs = new Map<string, { readonly base: Held; readonly need: number }>()
    for (const place of places) {
      const base = yield* holdBase(place)
      const filesystem = mounts.filesystemOf(base.path)
      const need = (needs.get(filesystem)?.need ?? 0) + (archiveOf(meta, place.volume.name)?.bytes ?? 0)
      needs.set(filesystem, { base, need })
    }
    for (const { base, need } of needs.values()) {
      const { freeBytes } = yield* measureFor(base, need)
      if (freeBytes < need) return yield* noRoom(base.path, need, `${megabytes(freeBytes)} MB are free`)
    }
  }).pipe(Effect.scoped)

/** Turns a full disk into a refusal that tells how much space is needed. */
export const orNoRoom =
  (path: string, archive: Archive) =>
  <A, E extends SnapshotTrouble, R>(unpacking: Effect.Effect<A, E, R>): Effect.Effect<A, E | SnapshotRefusal, R> =>
    Effect.mapError(unpacking, (error) => (isFull(error) ? noRoom(path, archive.bytes, "it became full") : error))

const noRoom = (path: string, need: number, seen: string) =>
  new SnapshotRefusal({
    reason: `not enough space to unpack the snapshot beside the data: about ${megabytes(need)} MB are needed on the filesystem of ${path}, ${seen}`,
    next: `free more than ${megabytes(need)} MB there, then try again`,
    noRoom: true,
    full: path
  })
