/**
 * The capture of a volume whose folder is a subvolume, in the quiet window: a read-only snapshot, in the place of a mirror's
 * tree. It takes the same time for any size.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { App, Volume } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { deleteSubvolume, isSubvolume } from "../../removal/Subvolume.ts"
import { archiveFor } from "../archiveFor.ts"
import { assertSame, type Folder } from "../Folder.ts"
import { type Held, holdTree } from "../Held.ts"
import { forgetTree, type Home, markAs } from "../mirror/Home.ts"
import type { Archive } from "../SnapshotStore.ts"
import { SnapshotRefusal } from "../Trouble.ts"
import { stampOfSubvolume } from "./Stamp.ts"
import { snapshotInto, subvolumeOf } from "./Subvolume.ts"

const everything = { include: [], exclude: [] }

/** A tree that an interrupted capture left. Any other is for `refresh` to remove, which may take long. */
const removeTreeOf = (held: Held) =>
  Effect.gen(function* () {
    const tree = yield* holdTree(held)
    if (!(yield* isSubvolume(tree))) {
      return yield* new SnapshotRefusal({
        reason: `${tree.path} is the tree of a mirror, which the next upgrade removes`,
        next: "try again"
      })
    }
    yield* deleteSubvolume(tree)
  }).pipe(
    Effect.scoped,
    Effect.catchIf(
      (error) => error._tag === "IoFailed" && error.code === "ENOENT",
      () => Effect.void
    )
  )

/**
 * @param home of the volume's mirror, held; it must not be the only copy of another snapshot.
 * @param bytes of the volume's files, as far as known: for progress alone.
 */
export const captureSubvolume = (
  app: App,
  id: string,
  volume: Volume,
  folder: Folder,
  { bytes, held, home }: { readonly bytes: number; readonly held: Held; readonly home: Home }
) =>
  Effect.gen(function* () {
    // The tree is not another snapshot's from here on.
    yield* forgetTree(held)
    yield* removeTreeOf(held)
    yield* snapshotInto(folder, held, "tree", "read-only")
    const { mtimeNs } = yield* io("stat", held.path, () => fs.stat(held.at, { bigint: true }))
    const tree = yield* holdTree(held)
    // The mark is on disk before the snapshot is published. If it is not published, the mark is of no snapshot.
    const [taken] = yield* Effect.all([subvolumeOf(tree), markAs(held, id)], { concurrency: 2 })
    if (!taken.isReadOnly) {
      return yield* new SnapshotRefusal({
        reason: `${join(held.path, "tree")}: expected a read-only snapshot of ${volumeText(volume.name)}, found a writable one`,
        next: "try again"
      })
    }
    yield* assertSame(app, folder)
    const archive: Archive = {
      ...archiveFor(volume, { bytes, crc: "" }, everything),
      mirror: home.location,
      manifest: stampOfSubvolume(taken, mtimeNs)
    }
    return archive
  })
