/**
 * The effective settings of an app: configuration, plugin and labels merged for one version. Made once for a decision and
 * once for a step. Never fails: an attempt in flight, above all its rollback, continues whatever the labels are now.
 * Invalid labels were refused before it began.
 */
import * as Effect from "effect/Effect"
import type { App, EffectiveApp, PluggedApp } from "../domain/App.ts"
import { type Attempt, fromOf, targetOf } from "../domain/Attempt.ts"
import type { Ref } from "../domain/Ref.ts"
import { applyLabels } from "../recipe/labels.ts"
import type { DeclaredService, Runtime } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"

/** The effective settings without the labels of any version. */
export const withoutLabels = (app: PluggedApp): EffectiveApp => ({ ...app, stage: "effective" })

/** The labels read so far, by commit and version, for the steps that keep the app down. */
export type Declarations = Map<string, ReadonlyArray<DeclaredService>>

export interface Versions {
  /** The version whose labels give the policy, the schedule and the filters. */
  readonly running: Ref | null
  /** The version whose labels give the deadlines and the health gate. */
  readonly target: Ref | null
}

/** The versions of an attempt, in its current direction. */
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
  // Both sides of a race are interruptible, even in a step that is not, so a hung engine does not block.
  (effect) => Effect.raceFirst(effect, Effect.as(Effect.sleep(longestMs), [])),
  Effect.orElseSucceed((): ReadonlyArray<DeclaredService> => [])
)

/** @param known the labels read so far; new ones are added to it. */
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
