/**
 * The standings of all apps for a page that must not wait for runtimes: as they were asked a moment ago. An older answer is
 * shown at once, and asked for anew meanwhile. Until the first answer, the log alone is shown.
 */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { askedStanding, offlineStanding, type ShownStanding } from "../reading/standings.ts"
import type { Daemon } from "./Daemon.ts"

/** Milliseconds until an answer is asked for anew. */
const freshMs = 10_000

/** The most apps that are asked at the same time, because each may start programs of the runtime. */
const asksAtOnce = 4

interface Asked {
  readonly at: number
  readonly standing: ShownStanding
}

export const makeStandings = Effect.fnUntraced(function* (daemon: Daemon) {
  const asked = new Map<string, Asked>()
  const asking = yield* FiberMap.make<string>()
  const turns = yield* Semaphore.make(asksAtOnce)
  const fresh = Layer.fresh(daemon.reading)

  const ask = (app: ConfiguredApp, now: number) =>
    askedStanding(app, now).pipe(
      Effect.tap((standing) => Effect.sync(() => asked.set(app.name, { at: now, standing }))),
      Effect.provide(fresh),
      turns.withPermits(1),
      Effect.ignore
    )

  /** @param now epoch milliseconds. */
  const all = Effect.fn("Http.standings")(function* (apps: ReadonlyArray<ConfiguredApp>, now: number) {
    for (const name of asked.keys()) if (!apps.some((app) => app.name === name)) asked.delete(name)
    for (const app of apps) {
      const isFresh = now - (asked.get(app.name)?.at ?? 0) < freshMs
      if (!isFresh) yield* FiberMap.run(asking, app.name, ask(app, now), { onlyIfMissing: true })
    }
    const unasked = apps.filter(({ name }) => !asked.has(name))
    const inLog =
      unasked.length === 0
        ? []
        : yield* Effect.forEach(unasked, (app) => offlineStanding(app, now)).pipe(Effect.provide(fresh))
    const known = new Map(inLog.map((one) => [one.app, one]))
    return apps.flatMap(({ name }) => asked.get(name)?.standing ?? known.get(name) ?? [])
  })

  return { all }
})
