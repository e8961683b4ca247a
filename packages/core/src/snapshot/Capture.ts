/**
 * The part of a snapshot in the quiet window: every volume's archive is written, checksummed and synced. After quiet is
 * checked again (LAW-1), the snapshot is published by renames. Until then it consists of new files in a separate
 * folder, so an interrupted or failed capture has only that folder to remove (LAW-4).
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { makePrivateFolder, statOrNull, sync, syncData, writeFileDurably } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import { copyOperatorFiles } from "../disk/operatorFiles.ts"
import { readSmallFile } from "../disk/readSmallFile.ts"
import type { EffectiveApp, OperatorFile, Volume } from "../domain/App.ts"
import { mayHaveMirrors } from "../domain/mayHaveMirrors.ts"
import { filterOf, keepsAll } from "../domain/volumeFilter.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { createArchive } from "./Archive.ts"
import { archiveFor } from "./archiveFor.ts"
import { crcWhile, sha256 } from "./Checksums.ts"
import { assertSame, openFolder } from "./Folder.ts"
import {
  archiveFile,
  archivesOf,
  checkName,
  checkVolumeNames,
  envFile,
  operatorFilesName,
  snapshotOf,
  stagingOf
} from "./Layout.ts"
import { leftOutOf } from "./LeftOut.ts"
import { writeMeta } from "./Meta.ts"
import { captureMirror } from "./mirror/Capturing.ts"
import { isUnsealed } from "./mirror/Home.ts"
import { assertPathsFit } from "./PathLength.ts"
import { whileReporting } from "./Reporting.ts"
import { removeTree } from "./removeTree.ts"
import { publish, settle, wholeAt } from "./Shelf.ts"
import type { CaptureRequest, SnapshotMeta } from "./SnapshotStore.ts"
import { SnapshotRefusal } from "./Trouble.ts"
import { walk } from "./Walk.ts"

/** Two tars keep two cores and the disk busy; more would only compete. */
const atOnce = 2

/** @param estimate of a volume's archive in bytes, only for the progress; 0: not known. */
export const capture = (app: EffectiveApp, request: CaptureRequest, estimate: (volume: string) => number) =>
  Effect.gen(function* () {
    yield* checkName("snapshot", request.id)
    yield* checkVolumeNames(request.volumes)
    yield* settle(app)
    const done = yield* wholeAt(app, request.id, snapshotOf(app, request.id))
    if (done !== null) return done.meta
    const staging = stagingOf(app, request.id)
    const meta = yield* fill(app, staging, request, estimate).pipe(
      Effect.tap(() => request.stillQuiet),
      Effect.tap(() => publish(app, staging, request.id)),
      Effect.onError(() => Effect.ignore(removeTree(staging)))
    )
    return meta
  })

const fill = (app: EffectiveApp, staging: string, request: CaptureRequest, estimate: (volume: string) => number) =>
  Effect.gen(function* () {
    yield* makePrivateFolder(archivesOf(staging))
    const archives = yield* Effect.forEach(
      request.volumes,
      (volume) => captureVolume(app, staging, request.id, volume, estimate(volume.name)),
      { concurrency: atOnce }
    )
    if (request.envFile !== null) yield* copyEnv(request.envFile, join(staging, envFile))
    const { files } = request
    const operatorFiles =
      files === undefined ? {} : { files: yield* copyFiles(files, join(staging, operatorFilesName)) }
    const meta: SnapshotMeta = {
      recipe: app.recipeName,
      domain: app.domain,
      commit: request.of.commit,
      version: request.of.version,
      ts: request.ts,
      volumes: request.volumes.map((volume) => volume.name),
      format: isUnsealed({ archives: Object.fromEntries(archives) }) ? 2 : 1,
      id: request.id,
      app: app.name,
      runtime: app.runtime,
      stack: app.stack,
      env: request.envFile === null ? null : envFile,
      ...operatorFiles,
      archives: Object.fromEntries(archives)
    }
    yield* writeMeta(staging, meta)
    yield* sync(archivesOf(staging))
    yield* syncFilesystem(staging)
    return meta
  })

const captureVolume = (app: EffectiveApp, staging: string, id: string, volume: Volume, estimate: number) =>
  Effect.gen(function* () {
    const mirrored = mayHaveMirrors(app) ? yield* captureMirror(app, id, volume, estimate) : null
    return [volume.name, mirrored ?? (yield* writeArchive(app, staging, volume, estimate))] as const
  })

const writeArchive = (app: EffectiveApp, staging: string, volume: Volume, estimate: number) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(app, volume)
    const filter = filterOf(app, volume.key)
    const file = join(staging, archiveFile(volume.name))
    const handle = yield* Effect.acquireRelease(
      io("create", file, () => fs.open(file, "wx", 0o600)),
      (open) => Effect.ignore(io("close", file, () => open.close()))
    )
    const writeBack = syncData(handle, file)
    const grown = io("measure", file, async () => (await handle.stat()).size)
    const writing = createArchive(folder, filter, file).pipe(
      whileReporting(`snapshot ${volume.name}`, estimate, grown),
      duringWhich(writeBack)
    )
    // Checked again: an older lastgood may have started the attempt without this check, and the app may have written
    // since.
    const measuring = Effect.scoped(Effect.flatMap(walk(folder), (list) => leftOutOf(app, folder, list)))
    const [leftOut, sum] = yield* Effect.all(
      [
        keepsAll(filter) ? Effect.succeed(null) : measuring,
        crcWhile(file, Effect.andThen(writing, writeBack)),
        assertPathsFit(folder, filter)
      ],
      { concurrency: 3 }
    )
    yield* assertSame(app, folder)
    const archive = archiveFor(volume, sum, filter)
    return leftOut === null ? archive : { ...archive, leftOut }
  }).pipe(Effect.scoped)

/**
 * The kernel would keep most of the archive in memory until the final sync. Syncing all along keeps the disk busy while
 * tar reads, and shortens the window.
 */
const duringWhich =
  <E2, R2>(writeBack: Effect.Effect<void, E2, R2>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.raceFirst(work, Effect.forever(Effect.delay(Effect.ignore(writeBack), "100 millis")))

/** The current env file, 0600 whatever its mode was: it contains secrets (LAW-12). */
const copyEnv = (from: string, to: string) =>
  readSmallFile(from).pipe(
    Effect.mapError(
      (error) =>
        new SnapshotRefusal({ reason: `the env file ${from} cannot be kept: ${error.message}`, next: `check ${from}` })
    ),
    Effect.flatMap((content) => writeFileDurably(to, content))
  )

/** The operator's files, 0600 like the env file. */
const copyFiles = (files: ReadonlyArray<OperatorFile>, to: string) =>
  Effect.gen(function* () {
    if (files.length > 0) {
      yield* Effect.mapError(
        copyOperatorFiles(files, to, "private"),
        ({ message }) =>
          new SnapshotRefusal({
            reason: `a file of the app's folder cannot be kept: ${message}`,
            next: "check that file"
          })
      )
    }
    return yield* Effect.forEach(files, ({ gid, mode, path, uid }) =>
      Effect.gen(function* () {
        const bytes = Number((yield* statOrNull(join(to, path)))?.size ?? 0n)
        return { path, mode, uid, gid, bytes, sha256: yield* sha256(join(to, path), bytes, `snapshot ${path}`) }
      })
    )
  })
