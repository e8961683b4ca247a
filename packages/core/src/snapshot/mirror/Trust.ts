/**
 * Whether the tree of a mirror is as lastgood left it. A refresh copies what changed in the volume. What another program
 * changed in the tree (labels by `restorecon`, attributes that a copy of the root lost) would be in every later snapshot.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { App, Volume } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { isSubvolumeStamp } from "../btrfs/Stamp.ts"
import type { Held } from "../Held.ts"
import { isSafeName, snapshotOf } from "../Layout.ts"
import { archiveOf, readMeta } from "../Meta.ts"
import { stampOf } from "./Check.ts"
import { forgetTree, snapshotIn } from "./Home.ts"

const stampAt = (held: Held) => join(held.at, "stamp")

/** Records what the tree is after a refresh. */
export const recordStamp = (held: Held) =>
  Effect.flatMap(stampOf(held), (stamp) =>
    io("write", join(held.path, "stamp"), () => fs.writeFile(stampAt(held), stamp, { mode: 0o600 }))
  )

/** The tree is about to change. */
export const dropStamp = (held: Held) =>
  io("remove", join(held.path, "stamp"), () => fs.rm(stampAt(held), { force: true }))

/** By its snapshot, or by the last refresh; null: lastgood was interrupted, so the next refresh looks at all of it. */
const stampBefore = (app: App, volume: Volume, held: Held) =>
  Effect.gen(function* () {
    const id = yield* snapshotIn(held)
    if (id === null) {
      return yield* io("read", join(held.path, "stamp"), () => fs.readFile(stampAt(held), "utf8")).pipe(
        Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error)))
      )
    }
    if (!isSafeName(id)) return null
    const meta = yield* Effect.catch(readMeta(app, snapshotOf(app, id)), () => Effect.succeed(null))
    return (meta === null ? undefined : archiveOf(meta, volume.name)?.tree) ?? null
  })

/** Before a refresh: a tree that was changed is copied anew. It must not be the only copy of a snapshot. */
export const distrustChanged = (app: App, volume: Volume, held: Held) =>
  Effect.gen(function* () {
    const before = yield* stampBefore(app, volume, held)
    if (before !== null && isSubvolumeStamp(before)) return yield* forgetTree(held)
    if (before === null || before === (yield* Effect.orElseSucceed(stampOf(held), () => null))) return
    yield* Effect.logWarning(
      `the mirror of ${volumeText(volume.name)} is made anew, because another program changed ${held.path}`
    )
    yield* forgetTree(held)
  })
