/** The snapshot and the volume that a command names. */
import type { App } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import type { NotAFile } from "@lastgood/core/snapshot/ArchivedFile"
import type { IndexedArchive } from "@lastgood/core/snapshot/Members"
import { volumesIn } from "@lastgood/core/snapshot/Reading"
import { SnapshotMissing, SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { isWrittenLater } from "@lastgood/core/snapshot/Untouched"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { NotFound } from "./errors.ts"
import { isNamed } from "./idNamed.ts"
import { Quiet } from "./options.ts"
import { inVolume, shownName } from "./snapshotPath.ts"

/** Its id, the beginning or the end of it, or `latest`. */
export const snapshotNamed = Effect.fn("Cli.snapshotNamed")(function* (app: App, named: string) {
  const known = (yield* (yield* SnapshotStore).list(app)).map(({ id }) => id)
  const matching = named === "latest" ? known.slice(-1) : known.filter((id) => isNamed(id, named))
  const exact = known.includes(named) ? [named] : matching
  const [id, another] = exact
  if (id === undefined) return yield* new SnapshotMissing({ app: app.name, snapshot: named, known })
  if (another === undefined) return id
  return yield* new NotFound({
    reason: `${named} is the beginning or the end of several snapshots: ${exact.join(", ")}`,
    next: "name one of them"
  })
})

/** `<volume>/<path>` in a snapshot. */
export const locatedIn = Effect.fn("Cli.locatedIn")(function* (app: App, snapshot: string, given: string) {
  const volumes = yield* volumesIn(app, snapshot)
  const located = inVolume(volumes, given)
  if (located !== null) return located
  return yield* new NotFound({
    reason: `${given} does not begin with a volume of snapshot ${snapshot}: its volumes are ${volumes.map(({ name }) => name).join(", ")}`,
    next: `name a path in one of them, such as ${volumes[0]?.name ?? "data"}/file`
  })
})

/** Says what is at the path instead. */
export const notAFile = (app: App, snapshot: string, given: string, { is, target }: NotAFile) => {
  const listed = `lastgood snapshots ls ${app.name} ${snapshot}`
  if (is === null)
    return new NotFound({ reason: `${given} is not in snapshot ${snapshot}`, next: `look for it: ${listed}` })
  const what = { folder: "a folder", symlink: `a link to ${shownName(target ?? "")}`, special: "a device or a pipe" }
  return new NotFound({
    reason: `${given} is not a file but ${is === "hardlink" ? "a broken hard link" : what[is]}`,
    next:
      is === "folder"
        ? `${listed} ${given}`
        : is === "symlink"
          ? "name the file that it leads to"
          : nextText(app.name, { do: "Verify" })
  })
}

/** The content of one file is not verified, because that would read the whole archive. */
export const sayTouched = Effect.fnUntraced(function* (app: App, snapshot: string, { path }: IndexedArchive) {
  if (!(yield* isWrittenLater({ path }))) return
  yield* Console.error(
    `lastgood: ${path} was written to after the snapshot was taken, or copied without its times, so this may not be the file as it was\nnext: lastgood verify ${app.name} --snapshot ${snapshot}`
  )
})

/** Without an index the whole archive was read. */
export const sayUnindexed = Effect.fnUntraced(function* ({ path }: IndexedArchive, isIndexed: boolean) {
  if (isIndexed || (yield* Quiet)) return
  yield* Console.error(`${path} has no usable index, so all of it was read; newer snapshots have one`)
})
