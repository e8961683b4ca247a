/**
 * `<release>/images.json`: the image of each service of a release, for recipes that do not name it completely. It is
 * written with the release and never changed.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { kindAt } from "../../disk/kindAt.ts"
import { readSmallText } from "../../disk/readSmallFile.ts"
import type { App, ReleaseImage } from "../../domain/App.ts"
import type { Ref } from "../../domain/Ref.ts"
import { isStamp, parseRevision } from "../../domain/Revision.ts"
import { RecipeUnavailable } from "../VersionSource.ts"

const RecordedImage = Schema.Struct({
  /** The image as the recipe names it. */
  written: Schema.String,
  /** The image that is deployed instead, with its digest. */
  image: Schema.String,
  tag: Schema.NullOr(Schema.String),
  digest: Schema.NullOr(Schema.String),
  /** The version of the image, as the name of the version shows it. */
  value: Schema.NullOr(Schema.String),
  /** The major of the PostgreSQL in the image; null: none. */
  postgres: Schema.NullOr(Schema.String),
  /** Epoch milliseconds; null: the image does not say. */
  created: Schema.NullOr(Schema.Number),
  source: Schema.NullOr(Schema.String),
  revision: Schema.NullOr(Schema.String)
})
export type RecordedImage = typeof RecordedImage.Type

export const ImagesRecord = Schema.Struct({
  /** SHA-256 over the recipe's files. */
  files: Schema.String,
  /** SHA-256 over the compose files. */
  compose: Schema.String,
  services: Schema.Record(Schema.String, RecordedImage)
})
export type ImagesRecord = typeof ImagesRecord.Type

const Text = Schema.fromJsonString(ImagesRecord)

export const recordText = (record: ImagesRecord): string => `${JSON.stringify(record, null, 2)}\n`

/** The commit of a release: a hash over its files and images, so the same content has the same commit. */
export const commitOf = ({ files, services }: ImagesRecord): string => {
  const images = Object.entries(services)
    .map(([service, { image }]) => [service, image] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash("sha256").update(JSON.stringify({ files, images })).digest("hex")
}

const unusable = (recipe: string, path: string, why: string): RecipeUnavailable =>
  new RecipeUnavailable({
    recipe,
    reason: `${path}, which says the images of a release, cannot be used: ${why}`,
    next: "restore it from a backup of the root, or deploy another version"
  })

/** null: the recipe names the images of the release. */
export const readRecord = Effect.fnUntraced(function* (recipe: string, path: string) {
  if ((yield* kindAt(path)) !== "file") return null
  const failed = (why: string) => unusable(recipe, path, why)
  const text = yield* Effect.mapError(readSmallText(path, { followLinks: false }), ({ message }) => failed(message))
  return yield* Effect.mapError(Schema.decodeUnknownEffect(Text)(text), () => failed("it is damaged"))
})

/** Versions of images have such names and commits, and so has a branch of a repository with SHA-256. */
const needsRecord = ({ versions }: App, { commit, version }: Ref): boolean =>
  versions.kind !== "branch" && commit.length === 64 && parseRevision(version) !== null

/**
 * The images of a release that is laid out. Without its record, or with that of another version, the release would start
 * what its tags are by now: then old code could start on new data (LAW-2).
 */
export const pinsAt = Effect.fnUntraced(function* (app: App, ref: Ref, path: string) {
  const record = yield* readRecord(app.recipe, path)
  const isWhole = record === null ? !needsRecord(app, ref) : commitOf(record) === ref.commit
  if (!isWhole) {
    const why = record === null ? "it is missing" : `it is not that of ${ref.version}`
    return yield* unusable(app.recipe, path, why)
  }
  return pinsOf(record)
})

const pinsOf = (record: ImagesRecord | null) =>
  record === null
    ? {}
    : {
        images: Object.fromEntries(
          Object.entries(record.services).map(([name, { image, revision, source, value }]): [string, ReleaseImage] => [
            name,
            { image, version: value === null || isStamp(value) ? null : value, source, revision }
          ])
        )
      }
