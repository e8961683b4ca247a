/** Checks for enough space before a restore unpacks, and makes the refusal if there is not enough. */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { archiveOf } from "./Meta.ts"
import { holdBase, type Place } from "./Place.ts"
import type { Archive, SnapshotMeta } from "./SnapshotStore.ts"
import { isFull, SnapshotRefusal, type SnapshotTrouble } from "./Trouble.ts"

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6)

/** Based on the size of the archives. Many small files take more, so the disk may still fill up. */
export const assertRoom = (meta: SnapshotMeta, places: ReadonlyArray<Place>) =>
  Effect.gen(function* () {
    const needs = new Map<bigint, { readonly path: string; readonly free: number; readonly need: number }>()
    for (const place of places) {
      const base = yield* holdBase(place)
      const stat = yield* io("measure", base.path, () => fs.statfs(base.at))
      const need = (needs.get(base.dev)?.need ?? 0) + (archiveOf(meta, place.volume.name)?.bytes ?? 0)
      needs.set(base.dev, { path: base.path, free: stat.bavail * stat.bsize, need })
    }
    for (const { path, free, need } of needs.values()) {
      if (free < need) return yield* noRoom(path, need, `${megabytes(free)} MB are free`)
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
