/**
 * The folder of a volume's mirror, on the volume's own mount, which is kept between attempts:
 * - `<app>/mirror/<volume>`, if lastgood's root is on the same mount
 * - `<volume's parent>/.lastgood/mirror/<volume>`, on another mount. `docker volume rm` and `prune` remove it with
 *   the volume.
 *
 * Beside the files of `Tree.ts` it has `for`: the id of the snapshot that the tree is. While that snapshot has no
 * archive, the tree is the snapshot, and nothing may change it (LAW-4). The mark is removed before the tree is changed.
 * And `beside`, while it is brought up to date beside the app.
 */
import * as fs from "node:fs/promises"
import { basename, dirname, isAbsolute, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, sync, writeFileDurably } from "../../disk/Durable.ts"
import { io } from "../../disk/io.ts"
import type { App } from "../../domain/App.ts"
import { ownFolder } from "../Folder.ts"
import { type Held, hold, holdOwn, makeOwn, removeEmpty } from "../Held.ts"
import { fileNameOf, isSafeName, mirrorsName, snapshotOf } from "../Layout.ts"
import { readMeta } from "../Meta.ts"
import type { Place } from "../Place.ts"
import { removeTree } from "../removeTree.ts"
import type { Archive, SnapshotMeta } from "../SnapshotStore.ts"

export interface Home {
  /** As in `meta.json`: relative to the app's folder, so that the root can be moved, or absolute. */
  readonly location: string
  /** The folder that lastgood neither creates nor removes. */
  readonly base: string
  /** The path below it. */
  readonly names: ReadonlyArray<string>
}

/** The folder with the mirrors of volumes on the root's mount. */
export const mirrorsOf = (app: App): string => join(app.dir, mirrorsName)

/** null: a mirror cannot be beside the data. */
export const homeOf = (app: App, { base, kind, volume }: Pick<Place, "base" | "kind" | "volume">): Home | null => {
  if (kind === "inside") return null
  const file = fileNameOf(volume.name)
  return kind === "root"
    ? { location: join(mirrorsName, file), base: app.dir, names: [mirrorsName, file] }
    : { location: join(base, ownFolder, mirrorsName, file), base, names: [ownFolder, mirrorsName, file] }
}

/** The mirror that a snapshot names. */
export const homeAt = (app: App, location: string): Home => {
  if (!isAbsolute(location)) return { location, base: app.dir, names: location.split("/") }
  const base = dirname(dirname(dirname(location)))
  return { location, base, names: location.slice(base.length + 1).split("/") }
}

const holdBase = ({ base }: Home) =>
  Effect.flatMap(
    io("resolve", base, () => fs.realpath(base)),
    hold
  )

/** The mirror's folder, held open; null: there is none. */
export const holdHome = (home: Home) =>
  Effect.flatMap(holdBase(home), (base) => holdOwn(base, home.names)).pipe(
    Effect.catchTag("IoFailed", (error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error)))
  )

/** The mirror of a volume in its place; null: there is none. */
export const mirrorAt = (app: App, place: Pick<Place, "base" | "kind" | "volume">) =>
  Effect.gen(function* () {
    const home = homeOf(app, place)
    const held = home === null ? null : yield* holdHome(home)
    return home === null || held === null ? null : { home, held }
  })

/** The same, but creates it. */
export const makeHome = (home: Home) => Effect.flatMap(holdBase(home), (base) => makeOwn(base, home.names))

const mark = "for"

/** The snapshot that the tree is; null: none. */
export const snapshotIn = (held: Held) =>
  io("read", join(held.path, mark), () => fs.readFile(join(held.at, mark), "utf8")).pipe(
    Effect.catch((error) => (error.code === "ENOENT" ? Effect.succeed(null) : Effect.fail(error)))
  )

/** Records, durably, that the tree is a snapshot. */
export const markAs = (held: Held, id: string) => writeFileDurably(join(held.at, mark), id)

const removeFile = (held: Held, name: string) =>
  io("remove", join(held.path, name), () => fs.rm(join(held.at, name), { force: true }))

/** The tree is not that of a snapshot any more, which is on disk before it is changed. */
export const unmark = (held: Held) => Effect.andThen(removeFile(held, mark), sync(held.at))

/** The tree is not what the manifest says any more, and not that of a snapshot. */
export const forgetTree = (held: Held) => Effect.andThen(removeFile(held, "manifest"), unmark(held))

const besideAt = (held: Held) => join(held.at, "beside")

/** A refresh beside the app begins. If it does not end, most of its work may be left, which is not for the quiet window. */
export const beginBeside = (held: Held) =>
  io("write", join(held.path, "beside"), () => fs.writeFile(besideAt(held), "", { mode: 0o600 }))

export const endBeside = (held: Held) => removeFile(held, "beside")

/** Whether the last refresh beside the app has not ended. */
export const isBehind = (held: Held) => exists(besideAt(held))

/** Whether an archive of a snapshot is not made yet: its content is in a mirror alone. */
export const isUnsealed = ({ archives }: Pick<SnapshotMeta, "archives">): boolean =>
  Object.values(archives).some(({ mirror }) => mirror !== undefined)

/** The snapshot of which the tree is the only copy; null: of none. If the snapshot cannot be read, it may be that one. */
export const onlyCopyOf = (app: App, home: Home, held: Held) =>
  Effect.gen(function* () {
    const id = yield* snapshotIn(held)
    if (id === null || !isSafeName(id) || !(yield* exists(snapshotOf(app, id)))) return null
    const meta = yield* Effect.catch(readMeta(app, snapshotOf(app, id)), () => Effect.succeed(null))
    const isOf = ({ mirror }: Archive) => mirror !== undefined && basename(mirror) === basename(home.location)
    return meta === null || Object.values(meta.archives).some(isOf) ? id : null
  })

/** Removes a mirror for good. It must not be the only copy of a snapshot. */
export const removeHome = (home: Home) =>
  Effect.gen(function* () {
    const held = yield* holdHome(home)
    if (held === null) return
    yield* forgetTree(held)
    const names = yield* io("list", held.path, () => fs.readdir(held.at))
    yield* Effect.forEach(names, (name) => removeTree(join(held.at, name)), { discard: true })
    yield* removeEmpty(yield* holdBase(home), home.names)
  }).pipe(Effect.scoped)

/** The snapshot is gone, so its mirrors are nobody's snapshot any more. */
export const unmarkMirrors = (app: App, { archives, id }: SnapshotMeta) =>
  Effect.forEach(
    Object.values(archives).flatMap(({ mirror }) => (mirror === undefined ? [] : [homeAt(app, mirror)])),
    (home) =>
      Effect.gen(function* () {
        const held = yield* holdHome(home)
        if (held !== null && (yield* snapshotIn(held)) === id) yield* unmark(held)
      }).pipe(Effect.scoped),
    { discard: true }
  )
