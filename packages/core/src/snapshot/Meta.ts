/**
 * Reads and writes `meta.json`. A snapshot of the seed (six fields, no checksums) is read as format 1 whose archives
 * have no checksum yet (`crc` empty): `seal` adds them.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { statOrNull, writeFileDurably } from "../disk/Durable.ts"
import type { IoFailed } from "../disk/io.ts"
import { isRelativeInside } from "../disk/operatorFiles.ts"
import { readSmallText } from "../disk/readSmallFile.ts"
import type { App } from "../domain/App.ts"
import { isPath } from "../domain/folders.ts"
import { archiveFile, envFile, isMirrorLocation, isSafeName, isVolumeName, metaOf } from "./Layout.ts"
import { type Archive, SnapshotMeta } from "./SnapshotStore.ts"

/** Why a folder's `meta.json` cannot be used. Its archives may still be good. */
export class MetaUnreadable extends Schema.TaggedError<MetaUnreadable>()("MetaUnreadable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.path}: expected the description of a snapshot, found ${this.reason}`
  }
}

/** More than the description of a thousand volumes. */
const mostBytes = 4 << 20

const SeedMeta = Schema.Struct({
  recipe: Schema.String,
  domain: Schema.String,
  commit: Schema.NullOr(Schema.String),
  version: Schema.NullOr(Schema.String),
  ts: Schema.String,
  volumes: Schema.Array(Schema.String),
  /** A description with a format is not the seed's. Read as one of the seed's, its checksums would be lost. */
  format: Schema.optionalKey(Schema.Undefined)
})

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SnapshotMeta))
const decodeSeed = Schema.decodeUnknownEffect(Schema.fromJsonString(SeedMeta))

/** The id of a seed's snapshot: its time, without characters that do not belong in a file name. */
export const seedId = (ts: string): string => ts.replace(/[^A-Za-z0-9]/g, "")

/** @param folder of the snapshot, wherever it is now. */
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
          // The error for the newer format is the useful one: no program writes the seed's any more.
          Effect.mapError(() => unreadable(error.message))
        )
      )
    )
    const listed = Object.keys(meta.archives)
    const odd = [...meta.volumes, ...listed].find(
      (name) => !isVolumeName(name) || !meta.volumes.includes(name) || archiveOf(meta, name)?.file !== archiveFile(name)
    )
    if (odd !== undefined) return yield* unreadable(`no usable archive for the volume ${JSON.stringify(odd)}`)
    if (meta.format === 2 && !Object.values(meta.archives).some(({ mirror }) => mirror !== undefined)) {
      return yield* unreadable("format 2, but no mirror")
    }
    const lost = listed.find((name) => !isMirrorSound(meta, name))
    if (lost !== undefined) return yield* unreadable(`no usable mirror of the volume ${JSON.stringify(lost)}`)
    const mixed = listed.find((name) => isPath(name) !== ((archiveOf(meta, name)?.kind ?? "volume") !== "volume"))
    if (mixed !== undefined) return yield* unreadable(`a path or a kind that does not fit: ${JSON.stringify(mixed)}`)
    if (new Set(meta.volumes).size !== meta.volumes.length) return yield* unreadable("a volume that is listed twice")
    if (meta.env !== null && meta.env !== envFile) return yield* unreadable(`the env file ${JSON.stringify(meta.env)}`)
    const astray = meta.files?.find(({ path }) => !isRelativeInside(path))
    if (astray !== undefined) return yield* unreadable(`a file that leads elsewhere: ${JSON.stringify(astray.path)}`)
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

/** Whether a volume has an archive, or, in format 2, a mirror where lastgood keeps them. */
const isMirrorSound = (meta: SnapshotMeta, volume: string): boolean => {
  const { crc, manifest, mirror, sha256 } = archiveOf(meta, volume) ?? {}
  if (mirror === undefined) return true
  return (
    meta.format === 2 && manifest !== undefined && crc === "" && sha256 === null && isMirrorLocation(mirror, volume)
  )
}

/** The archive of a volume in a snapshot. (A volume may be called `constructor`.) */
export const archiveOf = (meta: SnapshotMeta, volume: string): Archive | undefined =>
  Object.hasOwn(meta.archives, volume) ? meta.archives[volume] : undefined

/** Writes the meta (0600). A reader sees the old or the new one. */
export const writeMeta = (folder: string, meta: SnapshotMeta) =>
  writeFileDurably(metaOf(folder), `${JSON.stringify(meta, null, 2)}\n`)
