/**
 * The quiet window's part: every volume's archive, written, summed and synced, then, when quiet is proven once more
 * (LAW-1), published by renames. What is written here is all new files in a folder of its own, so an interrupted or
 * failed capture has nothing to undo but that folder (LAW-4).
 */
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { makePrivateFolder, statOrNull, sync, syncData, writeFileDurably } from "../disk/Durable.ts"
import { io } from "../disk/io.ts"
import { readSmallFile } from "../disk/readSmallFile.ts"
import type { EffectiveApp, Volume } from "../domain/App.ts"
import { disposableOf, filterOf, keepsAll } from "../domain/volumeFilter.ts"
import { syncFilesystem } from "../process/syncFilesystem.ts"
import { createArchive } from "./Archive.ts"
import { crc } from "./Checksums.ts"
import { assertSame, openFolder } from "./Folder.ts"
import { archiveFile, archivesOf, checkName, checkVolumeNames, envFile, snapshotOf, stagingOf } from "./Layout.ts"
import { leftOutOf } from "./LeftOut.ts"
import { writeMeta } from "./Meta.ts"
import { assertPathsFit } from "./PathLength.ts"
import { whileReporting } from "./Reporting.ts"
import { removeTree } from "./removeTree.ts"
import { publish, settle, wholeAt } from "./Shelf.ts"
import type { Archive, CaptureRequest, SnapshotMeta } from "./SnapshotStore.ts"
import { Refusal } from "./Trouble.ts"
import { walk } from "./Walk.ts"

/** Two tars keep two cores and the disk busy; more only fight for it. */
const atOnce = 2

/** @param estimate of a volume's archive in bytes, for the progress only; 0: not known. */
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
      (volume) => captureVolume(app, staging, volume, estimate(volume.name)),
      { concurrency: atOnce }
    )
    if (request.envFile !== null) yield* copyEnv(request.envFile, join(staging, envFile))
    const meta: SnapshotMeta = {
      recipe: app.recipeName,
      domain: app.domain,
      commit: request.of.commit,
      version: request.of.version,
      ts: request.ts,
      volumes: request.volumes.map((volume) => volume.name),
      format: 1,
      id: request.id,
      app: app.name,
      runtime: app.runtime,
      stack: app.stack,
      env: request.envFile === null ? null : envFile,
      archives: Object.fromEntries(archives)
    }
    yield* writeMeta(staging, meta)
    yield* sync(archivesOf(staging))
    yield* syncFilesystem(staging)
    return meta
  })

const captureVolume = (app: EffectiveApp, staging: string, volume: Volume, estimate: number) =>
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
    // Looked at again: an attempt that an older lastgood began was never asked, and the app went on writing since.
    const measuring = Effect.scoped(Effect.flatMap(walk(folder), (list) => leftOutOf(app, folder, list)))
    const [leftOut] = yield* Effect.all(
      [keepsAll(filter) ? Effect.succeed(null) : measuring, writing, assertPathsFit(folder, filter)],
      { concurrency: 3 }
    )
    yield* assertSame(app, folder)
    // The sum is read from memory while the disk takes what is left of the archive.
    const [sum] = yield* Effect.all([crc(file), writeBack], { concurrency: 2 })
    const stat = yield* statOrNull(file)
    const archive: Archive = {
      file: archiveFile(volume.name),
      bytes: Number(stat?.size ?? 0n),
      crc: sum,
      sha256: null,
      ...(volume.kind === "volume" ? {} : { kind: volume.kind }),
      key: volume.key,
      driver: volume.driver,
      options: volume.options,
      labels: volume.labels,
      include: filter.include,
      exclude: [...filter.exclude, ...disposableOf(filter)],
      ...(leftOut === null ? {} : { leftOut })
    }
    return [volume.name, archive] as const
  }).pipe(Effect.scoped)

/**
 * The kernel would keep most of the archive in memory until the final sync; asked for it all along, the disk works
 * while tar reads, and the window is shorter.
 */
const duringWhich =
  <E2, R2>(writeBack: Effect.Effect<void, E2, R2>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.raceFirst(work, Effect.forever(Effect.delay(Effect.ignore(writeBack), "100 millis")))

/** The env file as it is now, 0600 whatever it was: it holds secrets (LAW-12). */
const copyEnv = (from: string, to: string) =>
  readSmallFile(from).pipe(
    Effect.mapError(
      (error) =>
        new Refusal({ reason: `the env file ${from} cannot be kept: ${error.message}`, next: `look at ${from}` })
    ),
    Effect.flatMap((content) => writeFileDurably(to, content))
  )
