/** The work after the quiet window: the strong checksums, and verification. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { App, OperatorFile } from "../domain/App.ts"
import { advise, nextText } from "../domain/Next.ts"
import { crc, sha256 } from "./Checksums.ts"
import { clearIndexes, ensureIndex } from "./Index.ts"
import { contentProblems, envProblems, fileProblems, strayProblems } from "./Integrity.ts"
import { operatorFilesName } from "./Layout.ts"
import { writeMeta } from "./Meta.ts"
import { openSnapshot } from "./Opening.ts"
import { type Archive, SnapshotDamaged, type SnapshotMeta } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** Fails with the problems of a snapshot's archives, by the checksums that are fast enough for a restore. */
export const assertIntact = (app: App, folder: string, meta: SnapshotMeta) =>
  Effect.flatMap(contentProblems(app, folder, meta, "fast"), (problems) =>
    problems.length === 0
      ? Effect.void
      : Effect.fail(new SnapshotDamaged({ app: app.name, snapshot: meta.id, problems }))
  )

/** A damaged snapshot is refused with the remedy. */
const refuse = ({ message }: SnapshotDamaged) =>
  Effect.fail(
    new SnapshotRefusal({
      reason: message,
      next: nextText(null, advise`restore another snapshot (\`${{ do: "Snapshots" }}\` lists them)`)
    })
  )

/** The path of the env file in a snapshot; null: it has none. */
export const envFileOf = (app: App, id: string) =>
  Effect.gen(function* () {
    const { folder, meta } = yield* openSnapshot(app, id)
    const problems = yield* envProblems(folder, meta)
    if (problems.length > 0) return yield* new SnapshotDamaged({ app: app.name, snapshot: id, problems })
    return meta.env === null ? null : join(folder, meta.env)
  }).pipe(Effect.catchTag("SnapshotDamaged", refuse))

/** The operator's files in a snapshot; null: it does not tell. */
export const operatorFilesOf = (app: App, id: string) =>
  Effect.gen(function* () {
    const { folder, meta } = yield* openSnapshot(app, id)
    const problems = yield* fileProblems(folder, meta)
    if (problems.length > 0) return yield* new SnapshotDamaged({ app: app.name, snapshot: id, problems })
    const files = meta.files?.map(
      ({ gid, mode, path, uid }): OperatorFile => ({
        ...{ path, mode, uid, gid },
        from: join(folder, operatorFilesName, path)
      })
    )
    return files ?? null
  }).pipe(Effect.catchTag("SnapshotDamaged", refuse))

export const seal = (app: App, id: string) =>
  Effect.gen(function* () {
    const { folder, meta } = yield* openSnapshot(app, id)
    if (Object.values(meta.archives).every((archive) => archive.sha256 !== null)) {
      yield* index(app, folder, meta)
      return meta
    }
    // First check that it is still what was captured: a strong checksum of damaged data would make it look right for
    // ever.
    yield* assertIntact(app, folder, meta)
    const archives = yield* Effect.forEach(Object.entries(meta.archives), ([name, archive]) =>
      Effect.map(sealed(folder, archive), (done) => [name, done] as const)
    )
    const complete = { ...meta, archives: Object.fromEntries(archives) }
    yield* writeMeta(folder, complete)
    yield* index(app, folder, complete)
    return complete
  })

const index = (app: App, folder: string, { archives, id }: SnapshotMeta) =>
  Effect.andThen(
    Effect.forEach(Object.entries(archives), ([name, archive]) => ensureIndex(app, id, name, folder, archive), {
      discard: true
    }),
    Effect.ignore(clearIndexes(app))
  )

const sealed = (folder: string, archive: Archive) =>
  Effect.gen(function* () {
    if (archive.sha256 !== null) return archive
    const path = join(folder, archive.file)
    const fast = archive.crc === "" ? yield* crc(path) : archive.crc
    return { ...archive, crc: fast, sha256: yield* sha256(path, archive.bytes, `seal ${archive.file}`) }
  })

export const verify = (app: App, id: string) =>
  Effect.gen(function* () {
    const opened = yield* openSnapshot(app, id).pipe(
      Effect.catchTag("SnapshotDamaged", ({ problems }) => Effect.succeed({ problems }))
    )
    if ("problems" in opened) return { meta: null, problems: opened.problems }
    const { folder, meta } = opened
    const problems = [...(yield* contentProblems(app, folder, meta, "strong")), ...(yield* strayProblems(folder, meta))]
    return { meta, problems }
  })
