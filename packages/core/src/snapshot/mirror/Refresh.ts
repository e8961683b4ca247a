/**
 * Brings the mirrors of an app up to date while it runs. Nothing here may stop an upgrade: a volume whose mirror fails is
 * captured as an archive.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { namesIn } from "../../disk/Durable.ts"
import type { App, EffectiveApp, Volume } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { mayHaveMirrors } from "../../domain/mayHaveMirrors.ts"
import { syncFilesystem } from "../../process/syncFilesystem.ts"
import { assertSame, openFolder } from "../Folder.ts"
import { fileNameOf, mirrorsName } from "../Layout.ts"
import type { SnapshotDamaged, SnapshotMeta, SnapshotMissing, VolumeEngine } from "../SnapshotStore.ts"
import type { SnapshotTrouble } from "../Trouble.ts"
import { enginesOf } from "./Choosing.ts"
import { distrustDifferent } from "./Comparison.ts"
import { makeAppFolder, mirrorPlaceOf } from "./Engines.ts"
import {
  beginBeside,
  endBeside,
  type Home,
  holdHome,
  homeAt,
  homeOf,
  makeHome,
  mirrorAt,
  mirrorsOf,
  onlyCopyOf,
  removeHome,
  unmark
} from "./Home.ts"
import { inTime } from "./InTime.ts"
import type { SizeOf } from "./Probing.ts"
import { distrustChanged, dropStamp, recordStamp } from "./Trust.ts"
import { Pace } from "./tree/Pace.ts"
import { refresh } from "./tree/Tree.ts"

/** Makes the archives that a snapshot lacks. */
export type ArchiveSnapshot = (
  id: string
) => Effect.Effect<SnapshotMeta, SnapshotDamaged | SnapshotMissing | SnapshotTrouble>

/** Archives the snapshot of which a mirror is the only copy, so that the mirror may be changed. */
const spare = (app: App, home: Home, archive: ArchiveSnapshot) =>
  Effect.gen(function* () {
    const held = yield* holdHome(home)
    const id = held === null ? null : yield* onlyCopyOf(app, home, held)
    if (id !== null) yield* archive(id)
  }).pipe(Effect.scoped)

const bringUpToDate = (app: EffectiveApp, volume: Volume, home: Home) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(app, volume)
    const held = yield* makeHome(home)
    yield* distrustChanged(app, volume, held)
    yield* distrustDifferent(app, folder, held)
    yield* unmark(held)
    yield* dropStamp(held)
    yield* beginBeside(held)
    yield* refresh(folder, held, "beside")
    yield* assertSame(app, folder)
    yield* recordStamp(held)
    yield* endBeside(held)
  }).pipe(
    Effect.scoped,
    // Its space may be what the archive needs.
    Effect.onError((cause) =>
      cause.reasons.every(({ _tag }) => _tag === "Interrupt") ? Effect.void : Effect.ignore(removeHome(home))
    )
  )

/** @param engine undefined: an archive, as the settings ask. */
const refreshVolume = (app: EffectiveApp, volume: Volume, engine: VolumeEngine | undefined, archive: ArchiveSnapshot) =>
  Effect.gen(function* () {
    const place = yield* mirrorPlaceOf(app, volume)
    const home = homeOf(app, place)
    if (home === null) return
    yield* spare(app, home, archive)
    if (engine?.name === "mirror") return yield* bringUpToDate(app, volume, home)
    // The daemon goes on with it.
    if (engine?.isLater === true) return
    yield* removeHome(home)
    // What the app has written until now is not written in the quiet window.
    if (engine?.name === "btrfs") yield* syncFilesystem(place.data)
  })

/** Not up to date until their refresh has ended, which may not come to all of them in time. */
const beginAll = (app: EffectiveApp, volumes: ReadonlyArray<Volume>) =>
  Effect.forEach(
    volumes,
    (volume) =>
      Effect.gen(function* () {
        const mirror = yield* mirrorAt(app, yield* mirrorPlaceOf(app, volume))
        if (mirror !== null) yield* beginBeside(mirror.held)
      }).pipe(Effect.scoped, Effect.ignore),
    { discard: true }
  )

/** Under the root, also the mirrors of volumes that the app does not have any more. */
const removeOthers = (app: App, volumes: ReadonlyArray<Volume>, archive: ArchiveSnapshot) =>
  Effect.gen(function* () {
    const files = new Set(volumes.map(({ name }) => fileNameOf(name)))
    const found = yield* namesIn(mirrorsOf(app))
    for (const file of found.filter((name) => !files.has(name))) {
      const home = homeAt(app, join(mirrorsName, file))
      yield* spare(app, home, archive)
      yield* removeHome(home)
    }
  })

/** The mirrors that are not used any more, whose space may be what an upgrade needs. */
const removeUnused = (app: EffectiveApp, volumes: ReadonlyArray<Volume>, measured: SizeOf, archive: ArchiveSnapshot) =>
  Effect.gen(function* () {
    const engines = yield* enginesOf(app, volumes, measured, "ahead")
    for (const engine of engines.filter(({ isUnused }) => isUnused === true)) {
      yield* refreshVolume(app, engine.volume, engine, archive)
    }
  })

/** No upgrade has checked the space. A copy that fills the disk takes what the app needs, so it is not begun. */
const assertRoomAhead = (app: EffectiveApp, volumes: ReadonlyArray<Volume>, { archive, prepare, sizeOf }: Means) =>
  Effect.gen(function* () {
    yield* removeUnused(app, volumes, sizeOf, archive)
    // A mirror that is the only copy of a snapshot does not give way, so the archive comes first.
    for (const volume of volumes) {
      const home = homeOf(app, yield* mirrorPlaceOf(app, volume))
      if (home !== null) yield* spare(app, home, archive)
    }
    yield* prepare
  })

/** What a refresh needs of the store. */
export interface Means {
  readonly archive: ArchiveSnapshot
  /** Measures the volumes, and fails if there is too little space. */
  readonly prepare: Effect.Effect<unknown, SnapshotTrouble>
  /** What was measured in this process. */
  readonly sizeOf: SizeOf
}

/** @param when `ahead`: no upgrade waits for it. */
export const refreshAll = (app: EffectiveApp, volumes: ReadonlyArray<Volume>, means: Means, when?: "ahead") =>
  Effect.gen(function* () {
    const { archive, sizeOf } = means
    yield* makeAppFolder(app)
    const begin = mayHaveMirrors(app) ? beginAll(app, volumes) : Effect.void
    // Not in the time that they have, which may end before it.
    if (when !== "ahead") yield* begin
    const work = Effect.gen(function* () {
      if (when === "ahead") {
        yield* assertRoomAhead(app, volumes, means)
        yield* begin
      }
      yield* refreshEach(app, volumes, yield* enginesOf(app, volumes, sizeOf, when), archive)
    })
    yield* work.pipe(
      Effect.provideService(Pace, paceOf(app)),
      inTime(app, when),
      Effect.flatMap((isDone) => (isDone ? Effect.void : Effect.logWarning(when === "ahead" ? tooSlow : outOfTime)))
    )
  }).pipe(Effect.catch(({ message }) => Effect.logWarning(`mirrors are not up to date: ${message}`)))

const paceOf = ({ snapshot: { prepare = {} } }: EffectiveApp): Pace => ({
  bandwidth: prepare.bandwidth ?? null,
  ioIdle: prepare.ioIdle ?? true
})

const tooSlow =
  "mirrors were not up to date within six hours, or nothing happened for half of `deadlines.stall`, so the next upgrade has more to copy"

const outOfTime =
  "mirrors were not up to date in time, so the snapshot takes longer; `deadlines.prefetch` says how long they may take"

const refreshEach = (
  app: EffectiveApp,
  volumes: ReadonlyArray<Volume>,
  engines: ReadonlyArray<VolumeEngine>,
  archive: ArchiveSnapshot
) =>
  Effect.gen(function* () {
    yield* Effect.forEach(
      volumes,
      (volume, i) =>
        refreshVolume(app, volume, engines[i], archive).pipe(
          Effect.catch(({ message }) =>
            Effect.logWarning(`${volumeText(volume.name)} has no mirror, so its snapshot takes longer: ${message}`)
          )
        ),
      { discard: true }
    )
    yield* removeOthers(app, volumes, archive)
  })

/** Removes mirrors for good, except one that is the only copy of a snapshot. */
export const removeMirrors = (app: App, volumes: ReadonlyArray<Volume>) =>
  Effect.forEach(
    volumes,
    (volume) =>
      Effect.gen(function* () {
        const mirror = yield* mirrorAt(app, yield* mirrorPlaceOf(app, volume))
        if (mirror === null || (yield* onlyCopyOf(app, mirror.home, mirror.held)) !== null) return
        yield* removeHome(mirror.home)
      }).pipe(Effect.scoped),
    { discard: true }
  )
