import type { Entry } from "@lastgood/core/snapshot/Entry"
import { type ArchiveMember, membersOf } from "@lastgood/core/snapshot/Members"
import { NotAFile } from "@lastgood/core/snapshot/OneMember"
import { volumesIn } from "@lastgood/core/snapshot/Reading"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Json } from "../../options.ts"
import { plural, size, time } from "../../render/format.ts"
import { table } from "../../render/table.ts"
import { print, printJson } from "../../Screen.ts"
import { appsNamed, configuration } from "../../session.ts"
import { locatedIn, notAFile, sayUnindexed, snapshotNamed } from "../../snapshotNamed.ts"
import { shownName } from "../../snapshotPath.ts"

interface Shown {
  readonly name: string
  readonly kind: string
  readonly mode: string | null
  readonly owner: string | null
  readonly bytes: number
  readonly files: number
  readonly modified: string | null
  readonly target: string | null
}

const shown = ({ bytes, entry, files, kind, name }: ArchiveMember): Shown => ({
  name: shownName(name),
  kind: entry?.kind ?? kind,
  mode: entry?.mode ?? null,
  owner: entry?.owner ?? null,
  bytes,
  files,
  modified: entry === null ? null : `${entry.modified.replace(" ", "T")}Z`,
  target: entry === null || entry.target === null ? null : shownName(entry.target)
})

/** A path that names a file lists that file. */
const ofFile = (entry: Entry): ArchiveMember => ({
  name: entry.name.split("/").at(-1) ?? entry.name,
  kind: "file",
  bytes: entry.bytes,
  files: 1,
  entry
})

const rowOf = ({ bytes, kind, mode, modified, name, owner, target }: Shown): ReadonlyArray<string> => [
  mode ?? "",
  owner ?? "",
  size(bytes),
  modified === null ? "" : time(modified),
  `${name}${kind === "folder" ? "/" : ""}${target === null ? "" : ` -> ${target}`}`
]

/** Lists the volumes of a snapshot, or what is in one of their folders. */
export const run = Effect.fn("Cli.snapshotsLs")(function* (input: {
  readonly app: string
  readonly snapshot: string
  readonly path: Option.Option<string>
}) {
  const [app] = yield* appsNamed(yield* configuration, Option.some(input.app))
  if (app === undefined) return
  const snapshot = yield* snapshotNamed(app, input.snapshot)
  const asJson = yield* Json
  if (Option.isNone(input.path)) {
    const volumes = (yield* volumesIn(app, snapshot)).map(({ bytes, key, name }) => ({ name, key, bytes }))
    if (asJson) return yield* printJson({ format: 1, app: app.name, snapshot, volumes })
    return yield* print(
      table(
        ["volume", "size"],
        volumes.map(({ bytes, name }) => [name, size(bytes)])
      )
    )
  }
  const given = input.path.value
  const { path, volume } = yield* locatedIn(app, snapshot, given)
  const { indexed, itself, members } = yield* membersOf(volume, path, null)
  if (members.length === 0 && itself === null && path !== "") {
    return yield* notAFile(app, snapshot, given, new NotAFile({ path, is: null, target: null }))
  }
  const entries = (itself !== null && itself.kind !== "folder" ? [ofFile(itself)] : members).map(shown)
  yield* sayUnindexed(volume, indexed)
  if (asJson) {
    const where = { app: app.name, snapshot, volume: volume.name, path: shownName(path) }
    return yield* printJson({ format: 1, ...where, indexed, entries })
  }
  if (entries.length === 0) return yield* print("empty")
  yield* print(table(["mode", "owner", "size", "modified", "name"], entries.map(rowOf)))
  const files = entries.reduce((sum, one) => sum + one.files, 0)
  yield* print(`${plural(files, "file")}, ${size(entries.reduce((sum, one) => sum + one.bytes, 0))}`)
}, Effect.provide(TarSnapshots.layer))
