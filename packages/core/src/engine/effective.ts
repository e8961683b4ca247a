/**
 * The effective settings of an app: the configuration's, its plugin's and those of its recipe's labels, for the versions
 * that it is about. Made once for a decision and once for a step. Never fails: an attempt that is in flight goes on
 * whatever the labels are by now, above all the way back. Invalid labels were refused before it began.
 */
import * as Effect from "effect/Effect"
import type { App, EffectiveApp, PluggedApp } from "../domain/App.ts"
import { type Attempt, fromOf, targetOf } from "../domain/Attempt.ts"
import type { Ref } from "../domain/Ref.ts"
import { applyLabels } from "../recipe/labels.ts"
import type { DeclaredService, Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"

/** The effective settings where no version's labels are known. */
export const withoutLabels = (app: PluggedApp): EffectiveApp => ({ ...app, stage: "effective" })

/** By commit and version: what was read, for the steps that keep the app down. */
export type Declarations = Map<string, ReadonlyArray<DeclaredService>>

export interface Versions {
  /** Says how far and when the app is upgraded, and what of its data is kept. */
  readonly running: Ref | null
  /** Says what it takes to bring it up. */
  readonly target: Ref | null
}

/** Of an attempt, in its present direction. */
export const versionsOf = (attempt: Attempt): Versions => {
  const target = targetOf(attempt)
  return { running: fromOf(attempt) ?? target, target }
}

const longestMs = 60_000

const declarationsOf = Effect.fnUntraced(
  function* (app: App, runtime: Runtime, ref: Ref, known: Declarations) {
    const key = `${ref.commit} ${ref.version}`
    const before = known.get(key)
    if (before !== undefined) return before
    const release = yield* (yield* VersionSource).existing(app, ref)
    if (release === null) return []
    const services = yield* runtime.declared(app, release)
    known.set(key, services)
    return services
  },
  // Both sides of a race can be interrupted, also where the step itself must not be: an engine that hangs is not waited for.
  (effect) => Effect.raceFirst(effect, Effect.as(Effect.sleep(longestMs), [])),
  Effect.orElseSucceed((): ReadonlyArray<DeclaredService> => [])
)

/** @param known what was read already, and where it is added to. */
export const effectiveFor = Effect.fn("Engine.effectiveFor")(function* (
  app: PluggedApp,
  runtime: Runtime,
  { running, target }: Versions,
  known: Declarations = new Map()
) {
  const services = (ref: Ref | null) => (ref === null ? Effect.succeed([]) : declarationsOf(app, runtime, ref, known))
  const kept = applyLabels(app, yield* services(running), ["running"]).app
  return withoutLabels(applyLabels(kept, yield* services(target), ["target"]).app)
})
