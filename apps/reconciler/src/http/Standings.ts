/**
 * The standings of all apps for a page that must not wait for runtimes: as they were asked a moment ago. An older answer is
 * shown at once, and asked for anew meanwhile. Without an answer yet, or if something has happened to the app since, the
 * log alone is shown.
 */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import type { AppState } from "@lastgood/core/domain/State"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import { askedStandings, type ShownStanding, standingsIn } from "../reading/standings.ts"
import type { Daemon } from "./Daemon.ts"

/** Milliseconds until an answer is asked for anew. */
const freshMs = 10_000

interface Asked {
  readonly at: number
  /** Of the app's stream. */
  readonly version: number
  readonly standing: ShownStanding
}

type StateOf = (app: string) => AppState

export const makeStandings = Effect.fnUntraced(function* (daemon: Daemon) {
  const asked = new Map<string, Asked>()
  let revision = 0
  const asking = yield* FiberMap.make<"all">()
  const fresh = Layer.fresh(daemon.reading)

  const ask = (apps: ReadonlyArray<ConfiguredApp>, now: number, stateOf: StateOf) => {
    // As they are now: what is recorded while the runtimes are asked makes the answer an older one.
    const versions = new Map(apps.map(({ name }) => [name, stateOf(name).version]))
    return askedStandings(apps, now, daemon.checked).pipe(
      Effect.tap((standings) =>
        Effect.sync(() => {
          revision += 1
          for (const standing of standings) {
            asked.set(standing.app, { at: now, version: versions.get(standing.app) ?? 0, standing })
          }
        })
      ),
      Effect.provide(fresh),
      Effect.ignore
    )
  }

  /**
   * @param now epoch milliseconds.
   * @param stateOf the state of an app in the log.
   */
  const all = Effect.fn("Http.standings")(function* (
    apps: ReadonlyArray<ConfiguredApp>,
    now: number,
    stateOf: StateOf
  ) {
    const names = new Set(apps.map(({ name }) => name))
    for (const name of asked.keys()) if (!names.has(name)) asked.delete(name)
    const isCurrent = ({ name }: ConfiguredApp) => asked.get(name)?.version === stateOf(name).version
    const stale = apps.filter((app) => !isCurrent(app) || now - (asked.get(app.name)?.at ?? 0) >= freshMs)
    if (stale.length > 0) yield* FiberMap.run(asking, "all", ask(stale, now, stateOf), { onlyIfMissing: true })
    const unasked = apps.filter((app) => !isCurrent(app))
    const inLog = unasked.length === 0 ? [] : yield* Effect.provide(standingsIn(unasked, stateOf, now), fresh)
    const known = new Map(inLog.map((one) => [one.app, one]))
    return apps.flatMap(({ name }) => known.get(name) ?? asked.get(name)?.standing ?? [])
  })

  /** Another number after each answer of the runtimes. */
  return { all, revision: () => revision }
})
