/** How up to date the mirrors of an app are. The mirrors themselves tell it (LAW-6). */
import * as Effect from "effect/Effect"
import { statOrNull } from "../../disk/Durable.ts"
import type { EffectiveApp, Volume } from "../../domain/App.ts"
import { openFolder } from "../Folder.ts"
import type { MirrorsNow } from "../SnapshotStore.ts"
import { engineOf } from "./Engines.ts"
import { isBehind, mirrorAt, onlyCopyOf } from "./Home.ts"
import { makeAppFolder, mirrorPlaceOf } from "./Refresh.ts"
import { isOfThisBoot } from "./tree/Boot.ts"
import { manifestAt } from "./tree/List.ts"

const never = { refreshedAt: null, isOnlyCopy: false }

const mirrorNow = (app: EffectiveApp, volume: Volume) =>
  Effect.gen(function* () {
    const place = yield* mirrorPlaceOf(app, volume)
    const engine = yield* engineOf(app, yield* openFolder(app, volume), place.kind)
    const isAsked = engine?.name === "mirror"
    const mirror = yield* mirrorAt(app, place)
    if (mirror === null) return { isAsked, ...never }
    const { held, home } = mirror
    const isOnlyCopy = (yield* onlyCopyOf(app, home, held)) !== null
    const isTrusted = !(yield* isBehind(held)) && (yield* isOfThisBoot(held))
    const manifest = isTrusted ? yield* statOrNull(manifestAt(held)) : null
    return { isAsked, isOnlyCopy, refreshedAt: manifest === null ? null : Number(manifest.mtimeMs) }
  }).pipe(Effect.scoped)

export const mirrorsNow = (app: EffectiveApp, volumes: ReadonlyArray<Volume>) =>
  Effect.gen(function* () {
    yield* makeAppFolder(app)
    const all = yield* Effect.forEach(volumes, (volume) => mirrorNow(app, volume))
    const asked = all.filter(({ isAsked }) => isAsked)
    const times = asked.map(({ refreshedAt }) => refreshedAt).filter((at) => at !== null)
    const now: MirrorsNow = {
      count: asked.length,
      refreshedAt: times.length < asked.length || times.length === 0 ? null : Math.min(...times),
      isOnlyCopy: all.some(({ isOnlyCopy }) => isOnlyCopy)
    }
    return now
  })
