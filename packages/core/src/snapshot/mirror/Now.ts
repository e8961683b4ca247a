/** How up to date the mirrors of an app are. The mirrors themselves tell it (LAW-6). */
import * as Effect from "effect/Effect"
import { statOrNull } from "../../disk/Durable.ts"
import type { EffectiveApp, Volume } from "../../domain/App.ts"
import type { MirrorsNow, VolumeEngine } from "../SnapshotStore.ts"
import { enginesOf } from "./Choosing.ts"
import { makeAppFolder, mirrorPlaceOf } from "./Engines.ts"
import { isBehind, mirrorAt, onlyCopyOf } from "./Home.ts"
import type { SizeOf } from "./Probing.ts"
import { isOfThisBoot } from "./tree/Boot.ts"
import { manifestAt } from "./tree/List.ts"

const never = { refreshedAt: null, isOnlyCopy: false }

const mirrorNow = (app: EffectiveApp, volume: Volume, engine: VolumeEngine | undefined) =>
  Effect.gen(function* () {
    const isAsked = engine?.name === "mirror"
    const mirror = yield* mirrorAt(app, yield* mirrorPlaceOf(app, volume))
    if (mirror === null) return { isAsked, ...never }
    const { held, home } = mirror
    const isOnlyCopy = (yield* onlyCopyOf(app, home, held)) !== null
    const isTrusted = !(yield* isBehind(held)) && (yield* isOfThisBoot(held))
    const manifest = isTrusted ? yield* statOrNull(manifestAt(held)) : null
    return { isAsked, isOnlyCopy, refreshedAt: manifest === null ? null : Number(manifest.mtimeMs) }
  }).pipe(Effect.scoped)

/** @param measured what was measured of the volumes in this process. */
export const mirrorsNow = (app: EffectiveApp, volumes: ReadonlyArray<Volume>, measured: SizeOf) =>
  Effect.gen(function* () {
    yield* makeAppFolder(app)
    const engines = yield* enginesOf(app, volumes, measured, "ahead")
    const all = yield* Effect.forEach(volumes, (volume, i) => mirrorNow(app, volume, engines[i]))
    const asked = all.filter(({ isAsked }) => isAsked)
    const times = asked.map(({ refreshedAt }) => refreshedAt).filter((at) => at !== null)
    const now: MirrorsNow = {
      count: asked.length,
      refreshedAt: times.length < asked.length || times.length === 0 ? null : Math.min(...times),
      isOnlyCopy: all.some(({ isOnlyCopy }) => isOnlyCopy),
      isUnused: engines.some(({ isUnused }) => isUnused === true)
    }
    return now
  })
