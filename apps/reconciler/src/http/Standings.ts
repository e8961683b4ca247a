/**
 * The standings of all apps for a page that must not wait for runtimes: as they were asked a moment ago. An older answer is
 * shown at once, and asked for anew meanwhile. Until the first answer, the log alone is shown.
 */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import { askedStandings, offlineStandings, type ShownStanding } from "../reading/standings.ts"
import type { Daemon } from "./Daemon.ts"

/** Milliseconds until an answer is asked for anew. */
const freshMs = 10_000

interface Asked {
  readonly at: number
  readonly standing: ShownStanding
}

export const makeStandings = Effect.fnUntraced(function* (daemon: Daemon) {
  const asked = new Map<string, Asked>()
  const asking = yield* FiberMap.make<"all">()
  const fresh = Layer.fresh(daemon.reading)

  const ask = (apps: ReadonlyArray<ConfiguredApp>, now: number) =>
    askedStandings(apps, now).pipe(
      Effect.tap((standings) =>
        Effect.sync(() => {
          for (const standing of standings) asked.set(standing.app, { at: now, standing })
        })
      ),
      Effect.provide(fresh),
      Effect.ignore
    )

  /** @param now epoch milliseconds. */
  const all = Effect.fn("Http.standings")(function* (apps: ReadonlyArray<ConfiguredApp>, now: number) {
    for (const name of asked.keys()) if (!apps.some((app) => app.name === name)) asked.delete(name)
    const stale = apps.filter(({ name }) => now - (asked.get(name)?.at ?? 0) >= freshMs)
    if (stale.length > 0) yield* FiberMap.run(asking, "all", ask(stale, now), { onlyIfMissing: true })
    const unasked = apps.filter(({ name }) => !asked.has(name))
    const inLog = unasked.length === 0 ? [] : yield* Effect.provide(offlineStandings(unasked, now), fresh)
    const known = new Map(inLog.map((one) => [one.app, one]))
    return apps.flatMap(({ name }) => asked.get(name)?.standing ?? known.get(name) ?? [])
  })

  return { all }
})
