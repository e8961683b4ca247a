/**
 * Finds, lists, publishes and removes the snapshots of an app. While it publishes, there is always a complete snapshot
 * at `<app>/snapshot` (LAW-4):
 *
 *   1. `.snapshot.next` → `snapshots/<id>`   records what is being published, in case of an interruption
 *   2. `snapshots/.staging-<id>` → `snapshots/<id>`, one rename
 *   3. `.snapshot.next` → `snapshot`, one rename
 *
 * The seed kept its only snapshot in a real folder `<app>/snapshot` (`.snapshot.old` if it was killed during its swap).
 * It is read there, and moved to the others by the same three steps when the next one is captured.
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, linkDurably, makePrivateFolder, namesIn, rename, statOrNull, sync } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import type { App } from "../domain/App.ts"
import { advise, nextText } from "../domain/Next.ts"
import { isWhole } from "./Integrity.ts"
import {
  checkName,
  indexesOf,
  isLeftover,
  isSafeName,
  linkOf,
  linkTarget,
  nextLinkOf,
  seedOldOf,
  snapshotOf,
  snapshotsOf,
  trashOf
} from "./Layout.ts"
import { readMeta } from "./Meta.ts"
import { unmarkMirrors } from "./mirror/Home.ts"
import { removeTree } from "./removeTree.ts"
import { SnapshotMissing } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"

const isFolder = (path: string) => Effect.map(statOrNull(path), (stat) => stat?.isDirectory() === true)

/**
 * The seed's real folder, if it exists, and the id of its snapshot (which an unreadable one gets too; see `readable`).
 */
const seedOf = (app: App) =>
  Effect.gen(function* () {
    const nothing = (yield* statOrNull(linkOf(app))) === null
    for (const folder of [linkOf(app), ...(nothing ? [seedOldOf(app)] : [])]) {
      if (yield* isFolder(folder)) {
        const stat = yield* statOrNull(folder)
        const meta = yield* Effect.catch(readMeta(app, folder), () => Effect.succeed(null))
        // Not readable, but kept, under a name that does not change.
        const readable = meta !== null && isSafeName(meta.id)
        return { folder, readable, id: readable ? meta.id : `unreadable-${stat?.ino}` }
      }
    }
    return null
  })

/** The id that our link points to; null: there is no link, or it leads to no snapshot. */
const linked = (app: App, link: string) =>
  Effect.gen(function* () {
    const stat = yield* statOrNull(link)
    if (stat?.isSymbolicLink() !== true) return null
    const target = yield* io("read", link, () => fs.readlink(link))
    const id = target.slice(linkTarget("").length)
    if (target !== linkTarget(id) || !isSafeName(id)) {
      return yield* new SnapshotRefusal({
        reason: `${link} points to ${target}, expected ${linkTarget("<id>")}`,
        next: nextText(null, advise`restore or remove the link: \`${{ do: "Snapshots" }}\` lists the snapshots`)
      })
    }
    return (yield* isFolder(snapshotOf(app, id))) ? id : null
  })

/** The snapshot at `<app>/snapshot`, also while an interrupted publication is unfinished. */
export const current = (app: App) =>
  Effect.gen(function* () {
    const seed = yield* seedOf(app)
    const seedIs = seed?.readable === true ? seed.id : null
    if (seed?.folder === linkOf(app)) return seedIs
    return (yield* linked(app, linkOf(app))) ?? (yield* linked(app, nextLinkOf(app))) ?? seedIs
  })

/** Every complete snapshot and its folder, oldest first. */
export const published = (app: App) =>
  Effect.gen(function* () {
    const root = snapshotsOf(app)
    const names = yield* namesIn(root)
    const seed = yield* seedOf(app)
    const places = [
      ...names.filter(isSafeName).map((id) => ({ id, folder: snapshotOf(app, id) })),
      ...(seed === null ? [] : [seed])
    ]
    const found = yield* Effect.forEach(places, ({ id, folder }) => wholeAt(app, id, folder))
    return found
      .filter((snapshot) => snapshot !== null)
      .sort((a, b) => (a.meta.ts === b.meta.ts ? compare(a.meta.id, b.meta.id) : compare(a.meta.ts, b.meta.ts)))
  })

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The meta of the snapshot in a folder, if it is complete. */
export const wholeAt = (app: App, id: string, folder: string) =>
  Effect.gen(function* () {
    if (!(yield* isFolder(folder))) return null
    const meta = yield* Effect.catch(readMeta(app, folder), () => Effect.succeed(null))
    return meta !== null && meta.id === id && (yield* isWhole(app, folder, meta)) ? { meta, folder } : null
  })

/** The folder of a snapshot, complete or not. */
export const locate = (app: App, id: string) =>
  Effect.gen(function* () {
    if (isSafeName(id) && (yield* isFolder(snapshotOf(app, id)))) return snapshotOf(app, id)
    const seed = yield* seedOf(app)
    if (seed?.id === id) return seed.folder
    const known = (yield* published(app)).map(({ meta }) => meta.id)
    return yield* new SnapshotMissing({ app: app.name, snapshot: id, known })
  })

/**
 * Runs before a capture: finishes or discards the leftovers of an interrupted call, and moves a seed's snapshot to the
 * others.
 */
export const settle = (app: App) =>
  Effect.gen(function* () {
    const root = snapshotsOf(app)
    yield* linked(app, linkOf(app))
    yield* makePrivateFolder(root)
    const leftovers = (yield* io("list", root, () => fs.readdir(root))).filter(isLeftover)
    yield* Effect.forEach(leftovers, (name) => removeTree(join(root, name)), { discard: true })
    yield* finishPublication(app)
    const seed = yield* seedOf(app)
    if (seed !== null) yield* publish(app, seed.folder, seed.id)
  })

/** Step 3 of a publication, if step 2 was reached; otherwise there is nothing to finish. */
const finishPublication = (app: App) =>
  Effect.gen(function* () {
    if ((yield* linked(app, nextLinkOf(app))) === null) return
    const seed = yield* seedOf(app)
    // The seed's folder is still there only if its own move was not reached. Then `settle` begins it again.
    if (seed?.folder !== linkOf(app)) yield* rename(nextLinkOf(app), linkOf(app))
  })

/** Makes the snapshot in `folder`, complete and on disk, the app's snapshot `id` and its newest. */
export const publish = (app: App, folder: string, id: string) =>
  Effect.gen(function* () {
    const destination = snapshotOf(app, id)
    if (yield* exists(destination)) {
      return yield* new SnapshotRefusal({
        reason: `${destination} already exists: expected no snapshot ${id} there`,
        next: "inspect it, and remove or rename it"
      })
    }
    yield* linkDurably(linkTarget(id), nextLinkOf(app))
    yield* rename(folder, destination)
    yield* rename(nextLinkOf(app), linkOf(app))
    yield* sync(app.dir)
  })

/** Removes a snapshot for good. A missing one counts as removed. Never the one at `<app>/snapshot`. */
export const remove = (app: App, id: string) =>
  Effect.gen(function* () {
    yield* checkName("snapshot", id)
    if ((yield* current(app)) === id) {
      return yield* new SnapshotRefusal({
        reason: `snapshot ${id} is the one that ${linkOf(app)} points to: expected another`,
        next: "create a newer snapshot first"
      })
    }
    yield* removeTree(join(indexesOf(app), id))
    if (!(yield* isFolder(snapshotOf(app, id)))) return
    const meta = yield* Effect.catch(readMeta(app, snapshotOf(app, id)), () => Effect.succeed(null))
    // Rename it out of the list first: half a snapshot must never look like one.
    yield* removeTree(trashOf(app, id))
    yield* rename(snapshotOf(app, id), trashOf(app, id))
    if (meta !== null) yield* Effect.ignore(unmarkMirrors(app, meta))
    yield* removeTree(trashOf(app, id))
  })
