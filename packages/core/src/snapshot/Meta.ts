/**
 * `meta.json`, read and written. A snapshot of the seed (six fields, no checksums) is read as one of format 1 whose
 * archives have no checksum yet (`crc` empty): `seal` takes them.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { statOrNull, writeFileDurably } from "../disk/Durable.ts"
import type { IoFailed } from "../disk/io.ts"
import { readSmallText } from "../disk/readSmallFile.ts"
import type { App } from "../domain/App.ts"
import { isPath } from "../domain/folders.ts"
import { archiveFile, envFile, isSafeName, isVolumeName, metaOf } from "./Layout.ts"
import { type Archive, SnapshotMeta } from "./SnapshotStore.ts"

/** Why a folder's `meta.json` cannot be used. The folder may still hold good archives. */
export class MetaUnreadable extends Schema.TaggedError<MetaUnreadable>()("MetaUnreadable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path}: expected the description of a snapshot, found ${this.reason}`
  }
}

/** A description of a thousand volumes has less. */
const mostBytes = 4 << 20

const SeedMeta = Schema.Struct({
  recipe: Schema.String,
  domain: Schema.String,
  commit: Schema.NullOr(Schema.String),
  version: Schema.NullOr(Schema.String),
  ts: Schema.String,
  volumes: Schema.Array(Schema.String),
  /** One that names a format is not the seed's: read as such, its checksums would be forgotten. */
  format: Schema.optionalKey(Schema.Undefined)
})

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SnapshotMeta))
const decodeSeed = Schema.decodeUnknownEffect(Schema.fromJsonString(SeedMeta))

/** The id that a seed's snapshot gets: its time, without what does not belong into a file name. */
export const seedId = (ts: string): string => ts.replace(/[^A-Za-z0-9]/g, "")

/** @param folder of the snapshot, wherever it lies now. */
export const readMeta = (app: App, folder: string): Effect.Effect<SnapshotMeta, MetaUnreadable> =>
  Effect.gen(function* () {
    const path = metaOf(folder)
    const unreadable = (reason: string) => new MetaUnreadable({ path, reason })
    const text = yield* readSmallText(path, { maxBytes: mostBytes, followLinks: false }).pipe(
      Effect.mapError((error) => unreadable("code" in error && error.code === "ENOENT" ? "no file" : error.message))
    )
    const meta = yield* decode(text).pipe(
      Effect.catch((error) =>
        decodeSeed(text).pipe(
          Effect.flatMap((seed) => fromSeed(app, folder, seed)),
          // The newer format's complaint is the useful one: nobody writes the seed's any more.
          Effect.mapError(() => unreadable(error.message))
        )
      )
    )
    const listed = Object.keys(meta.archives)
    const odd = [...meta.volumes, ...listed].find(
      (name) => !isVolumeName(name) || !meta.volumes.includes(name) || archiveOf(meta, name)?.file !== archiveFile(name)
    )
    if (odd !== undefined) return yield* unreadable(`no usable archive for the volume ${JSON.stringify(odd)}`)
    const mixed = listed.find((name) => isPath(name) !== ((archiveOf(meta, name)?.kind ?? "volume") !== "volume"))
    if (mixed !== undefined) return yield* unreadable(`a path or a kind that does not fit: ${JSON.stringify(mixed)}`)
    if (new Set(meta.volumes).size !== meta.volumes.length) return yield* unreadable("a volume that is named twice")
    if (meta.env !== null && meta.env !== envFile) return yield* unreadable(`the env file ${JSON.stringify(meta.env)}`)
    return meta
  })

const fromSeed = (app: App, folder: string, seed: typeof SeedMeta.Type): Effect.Effect<SnapshotMeta, IoFailed> =>
  Effect.gen(function* () {
    const archives: Record<string, Archive> = {}
    for (const volume of seed.volumes.filter(isSafeName)) {
      const stat = yield* statOrNull(join(folder, archiveFile(volume)))
      const prefix = `${app.stack}_`
      archives[volume] = {
        file: archiveFile(volume),
        bytes: Number(stat?.size ?? 0n),
        crc: "",
        sha256: null,
        key: volume.startsWith(prefix) ? volume.slice(prefix.length) : volume,
        driver: "local",
        options: {},
        labels: {},
        include: [],
        exclude: []
      }
    }
    return {
      ...seed,
      format: 1,
      id: seedId(seed.ts),
      app: app.name,
      runtime: app.runtime,
      stack: app.stack,
      env: null,
      archives
    }
  })

/** The archive that a snapshot holds of a volume. (A volume may be called `constructor`.) */
export const archiveOf = (meta: SnapshotMeta, volume: string): Archive | undefined =>
  Object.hasOwn(meta.archives, volume) ? meta.archives[volume] : undefined

/** Writes the meta (0600) so that a reader sees the old or the new one. */
export const writeMeta = (folder: string, meta: SnapshotMeta) =>
  writeFileDurably(metaOf(folder), `${JSON.stringify(meta, null, 2)}\n`)
