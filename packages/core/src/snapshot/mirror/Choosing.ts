/** How each volume of an app is captured: by the engine that the settings name, or by the one that is chosen. */
import * as Effect from "effect/Effect"
import type { EffectiveApp, Volume } from "../../domain/App.ts"
import { chooseEngines, type VolumeSize } from "../../domain/chooseEngines.ts"
import { choosesEngines, mayHaveMirrors } from "../../domain/mayHaveMirrors.ts"
import { published } from "../Shelf.ts"
import type { VolumeEngine } from "../SnapshotStore.ts"
import { askedEngineOf, makeAppFolder } from "./Engines.ts"
import { probeVolume, type SizeOf } from "./Probing.ts"

/** Of a volume that was not measured, by the archive of its last snapshot. */
const lastSizes = (app: EffectiveApp) =>
  Effect.map(published(app), (all) => {
    const archives = new Map(all.flatMap(({ meta }) => Object.entries(meta.archives)))
    return (volume: string): VolumeSize | null => {
      const archive = archives.get(volume)
      return archive === undefined ? null : { bytes: archive.bytes }
    }
  })

/**
 * @param measured what was measured of the volumes in this process.
 * @param when `ahead`: no upgrade waits for a first copy.
 * @returns for each volume; empty: the settings ask for archives of all.
 */
export const enginesOf = (app: EffectiveApp, volumes: ReadonlyArray<Volume>, measured: SizeOf, when?: "ahead") =>
  Effect.gen(function* () {
    if (!mayHaveMirrors(app)) return []
    yield* makeAppFolder(app)
    if (!choosesEngines(app)) return yield* Effect.forEach(volumes, (volume) => askedEngineOf(app, volume))
    const last = yield* lastSizes(app)
    const sizeOf: SizeOf = (volume) => measured(volume) ?? last(volume)
    const probes = yield* Effect.forEach(volumes, (volume) => probeVolume(app, volume, sizeOf, when !== "ahead"))
    const bandwidth = app.snapshot.prepare?.bandwidth ?? null
    const limits = when === "ahead" ? null : { ms: app.deadlines.prefetchMs, bandwidth }
    const choices = chooseEngines(probes, limits)
    return volumes.flatMap((volume, i): ReadonlyArray<VolumeEngine> => {
      const choice = choices[i]
      if (choice === undefined) return []
      const isUnused = choice.name === "tar" && !choice.isLater && probes[i]?.mirror !== "none"
      return [{ volume, ...choice, isUnused }]
    })
  })
