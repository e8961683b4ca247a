/** Why an automatic upgrade waits for other apps of the host: its breaker is open, or an app comes first. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { EffectiveApp, PluggedApp } from "../domain/App.ts"
import type { Refusal } from "../domain/Decision.ts"
import { hostName } from "../domain/hostName.ts"
import { refusedByEarlier } from "../domain/policy/after.ts"
import { breakerOf, refusedByBreaker } from "../domain/policy/breaker.ts"
import { selectTarget } from "../domain/policy/select.ts"
import { isWait } from "../domain/policy/verdict.ts"
import { type AppState, phaseOf } from "../domain/State.ts"
import { Runtimes } from "../runtime/Runtime.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { effectiveFor } from "./effective.ts"
import { Journal, type JournalError } from "./Journal.ts"
import { lookingFor } from "./looking.ts"
import { Host } from "./Observer.ts"
import { together } from "./together.ts"

/** The state of another app; null: an event of it cannot be read, which its own pass reports and stops no other app. */
const stateOf = Effect.fnUntraced(function* (name: string) {
  const state: Effect.Effect<AppState | null, JournalError> = (yield* Journal).load(name)
  return yield* Effect.catchTag(state, "EventUndecodable", () => Effect.succeed(null))
})

/** The breaker of the host, from the logs of its apps. */
export const hostBreaker = Effect.gen(function* () {
  const { apps, breaker } = yield* yield* Host
  if (breaker === null) return null
  const states = yield* together(Effect.forEach(apps, ({ name }) => stateOf(name)))
  const closedAt = (yield* stateOf(hostName))?.breakerClosedAt ?? null
  return breakerOf(
    states.filter((state) => state !== null),
    closedAt,
    breaker
  )
})

/** Refused by a gate that does not end by itself: the app has been passed over with this version. It has to be healthy. */
const isPassedOver = (
  { refused }: AppState,
  { commit, version }: { readonly version: string; readonly commit: string }
) =>
  refused !== null &&
  refused.to.version === version &&
  refused.to.commit === commit &&
  refused.gate !== "unhealthy" &&
  !isWait(refused)

/** The version that an app takes in its next pass, as far as the policy and the log tell; null: none. */
const takenBy = Effect.fnUntraced(
  function* (plugged: PluggedApp, state: AppState, fetch: boolean) {
    const { running } = state
    if (running === null) return null
    const runtime = yield* (yield* Runtimes).get(plugged.runtime)
    const app = yield* effectiveFor(plugged, runtime, { running, target: null })
    const offers = yield* (yield* VersionSource).list(app, lookingFor(app, runtime, state, fetch))
    const selection = selectTarget(state, running.version, {
      ...{ now: yield* Clock.currentTimeMillis, trigger: "reconciler", to: null, offers, note: null, others: [] },
      ...{ policy: app.policy, minimumAgeMs: app.minimumAgeMs, windows: app.windows }
    })
    return selection._tag === "Target" && !isPassedOver(state, selection.target) ? selection.target.version : null
  },
  // An app whose versions cannot be listed now takes none.
  (found) => Effect.catch(found, (error) => Effect.as(Effect.logDebug(error.message), null))
)

const earlierOf = Effect.fnUntraced(function* (name: string, apps: ReadonlyArray<PluggedApp>, fetch: boolean) {
  const app = apps.find((one) => one.name === name)
  if (app === undefined) return { name, state: null, takes: null }
  const state = yield* stateOf(name)
  return {
    name,
    state,
    takes: state !== null && phaseOf(state) === "running" ? yield* takenBy(app, state, fetch) : null
  }
})

/** @param fetch also fetch the versions of the apps that come first. */
export const othersOf = Effect.fn("Engine.othersOf")(function* (app: EffectiveApp, fetch: boolean) {
  const breaker = yield* hostBreaker
  const { apps } = yield* yield* Host
  const refusals: Array<Refusal> = breaker === null ? [] : [refusedByBreaker(breaker)]
  // An operator's command outside of the daemon knows no other apps.
  if (apps.length === 0) return refusals
  for (const name of app.after) {
    const refusal = refusedByEarlier(yield* earlierOf(name, apps, fetch))
    if (refusal !== null) refusals.push(refusal)
  }
  return refusals
})
