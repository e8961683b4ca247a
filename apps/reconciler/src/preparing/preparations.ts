/**
 * Brings mirrors up to date ahead of upgrades, one app at a time, so that the host is not busy with more. What it knows ends
 * with the daemon: the mirrors tell when they were last up to date.
 */
import type { PluggedApp } from "@lastgood/core/domain/App"
import { mayHaveMirrors } from "@lastgood/core/domain/mayHaveMirrors"
import { about } from "@lastgood/core/engine/about"
import type { Ahead, Mirrors } from "@lastgood/core/engine/ahead"
import { Engine } from "@lastgood/core/engine/Engine"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type { World } from "../pass.ts"
import { type Earlier, hasNone, isDue, noneRestMs } from "./isDue.ts"

export interface PreparationsOptions {
  readonly world: World
  readonly apps: Effect.Effect<ReadonlyArray<PluggedApp>>
  /** How often each app is considered, besides after its passes. */
  readonly everyMs: number
}

/** What of the settings decides whether an app has mirrors. */
const settingsOf = ({ snapshot: { engine, filters } }: PluggedApp): string => JSON.stringify({ engine, filters })

export const makePreparations = ({ apps, everyMs, world }: PreparationsOptions) => {
  const earlier = new Map<string, Earlier>()
  /** When apps were seen to have no mirrors, and with which settings. */
  const without = new Map<string, { readonly at: number; readonly settings: string }>()
  const asked = new Set<string>()
  let isAllAsked = false
  const isAsked = Latch.makeUnsafe(false)
  let current: { readonly app: string; readonly ended: Deferred.Deferred<void> } | null = null

  const decide = Effect.fnUntraced(function* (app: PluggedApp, mirrors: Mirrors) {
    const now = yield* Clock.currentTimeMillis
    if (hasNone(mirrors)) without.set(app.name, { at: now, settings: settingsOf(app) })
    return isDue(mirrors, earlier.get(app.name) ?? null, now)
  })

  const isLeftAlone = (app: PluggedApp): Effect.Effect<boolean> =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const seen = without.get(app.name)
      return seen !== undefined && seen.settings === settingsOf(app) && now - seen.at < noneRestMs
    })

  /** Never fails: an app whose mirrors fail is upgraded all the same. */
  const prepare = Effect.fnUntraced(function* (app: PluggedApp) {
    const ended = yield* Deferred.make<void>()
    // Before it begins: a pass that comes meanwhile would interrupt it.
    current = { app: app.name, ended }
    let begun: Pick<Earlier, "attempt" | "begunAt"> | null = null
    const begin = Effect.fnUntraced(function* (attempt: string | null) {
      begun = { begunAt: yield* Clock.currentTimeMillis, attempt }
      yield* Effect.logInfo("brings its mirrors up to date, ahead of the next upgrade")
      return true
    })
    const end = (ahead: Ahead) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (begun === null) return Effect.void
        const tookMs = now - begun.begunAt
        earlier.set(app.name, { ...begun, tookMs, isWhole: ahead !== "gave-way" })
        if (ahead === "gave-way") return Effect.logInfo("leaves its mirrors, because another command wants the app")
        const seconds = `(${Math.round(tookMs / 1000)} s)`
        return ahead === "done"
          ? Effect.logInfo(`its mirrors were brought up to date ${seconds}`)
          : Effect.logWarning(`its mirrors could not be brought up to date ${seconds}; the next upgrade tries again`)
      })
    yield* Effect.flatMap(Engine, (engine) =>
      engine.prepareAhead(app, (mirrors) =>
        Effect.flatMap(decide(app, mirrors), (due) => (due ? begin(mirrors.attempt) : Effect.succeed(false)))
      )
    ).pipe(
      Effect.flatMap(end),
      Effect.provide(Layer.fresh(world)),
      Effect.catchTag("Locked", ({ message }) => Effect.logDebug(message)),
      Effect.catchCause((cause) => Effect.andThen(end("failed"), Effect.logDebug("mirrors were not looked at", cause))),
      Effect.ensuring(
        Effect.suspend(() => {
          current = null
          return Deferred.succeed(ended, undefined)
        })
      ),
      about({ app: app.name })
    )
  })

  /** By its own clock: on a host with many apps, one has always had a pass within the last minutes. */
  const tick = Effect.andThen(
    Effect.sleep(everyMs),
    Effect.suspend(() => {
      isAllAsked = true
      return isAsked.open
    })
  )

  const round = Effect.gen(function* () {
    yield* isAsked.await
    yield* isAsked.close
    const isAll = isAllAsked
    isAllAsked = false
    const names = new Set(asked)
    asked.clear()
    for (const { name } of yield* apps) {
      if (!isAll && !names.has(name)) continue
      // Others may have taken hours: the configuration of this one may be another now.
      const app = (yield* apps).find((one) => one.name === name)
      if (app !== undefined && mayHaveMirrors(app) && !(yield* isLeftAlone(app))) yield* prepare(app)
    }
  })

  return {
    /** Looks soon whether mirrors of the app are to be brought up to date. */
    consider: (name: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        asked.add(name)
        return Effect.asVoid(isAsked.open)
      }),
    isRunning: (name: string): boolean => current?.app === name,
    /** Waits until the mirrors of the app are not worked on any more. */
    ended: (name: string): Effect.Effect<void> =>
      Effect.suspend(() => (current?.app === name ? Deferred.await(current.ended) : Effect.void)),
    run: Effect.raceFirst(Effect.forever(tick), Effect.forever(round))
  }
}
