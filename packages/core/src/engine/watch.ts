/**
 * The look at an app between its attempts: what the runtime says of its services, and each check of its health gate once.
 * What came of several looks is recorded under the claim, and gives way to whoever works on the app.
 */
import * as Effect from "effect/Effect"
import type { App, EffectiveApp } from "../domain/App.ts"
import { type ConfigProblem, configEvents } from "../domain/configAlerts.ts"
import { decide } from "../domain/decide.ts"
import type { Event } from "../domain/Event.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import type { AppState } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { recoveredEvents, type Trouble, unhealthyEvents } from "../domain/watching.ts"
import { HealthGate } from "../health/HealthGate.ts"
import { oneLine, spoken } from "../health/problem.ts"
import type { Inspection, Runtime, RuntimeUnavailable } from "../runtime/Runtime.ts"
import { countChecks } from "./metrics.ts"
import { notAllRuns } from "./notAllRuns.ts"

export interface Glance {
  /** null: it is well. */
  readonly trouble: Trouble | null
  /** Tells one start of the app's services from the next; null: the runtime cannot tell. */
  readonly starts: number | null
}

/** What is to be recorded. `since`: when the trouble was first seen, epoch milliseconds. */
export type Noted =
  | { readonly _tag: "Unhealthy"; readonly trouble: Trouble; readonly since: number }
  | { readonly _tag: "Well"; readonly by: "itself" | "lastgood" }
  /** All that is wrong with the app's configuration, or with that of a running daemon; none: it is valid. */
  | { readonly _tag: "Configuration"; readonly problems: ReadonlyArray<ConfigProblem> }
  /** As the request of this name, for alerts of the host: they have no app to be registered. */
  | { readonly _tag: "Acknowledged"; readonly alert: string | null; readonly by: string }

/** @param now ISO 8601. @returns null: there is nothing to record. */
export const eventsOf = (state: AppState, noted: Noted, now: string): readonly [Event, ...Array<Event>] | null => {
  switch (noted._tag) {
    case "Well":
      return recoveredEvents(state, noted.by)
    case "Unhealthy":
      return unhealthyEvents(state, noted.trouble, iso(noted.since))
    case "Configuration":
      return configEvents(state, noted.problems, now)
    case "Acknowledged": {
      const decision = decide(state, { ...noted, _tag: "Acknowledge", id: "", now: 0 })
      return decision._tag === "Record" ? decision.events : null
    }
  }
}

/** An engine that hangs is trouble of its own, and keeps nobody waiting. */
const inspectLimitMs = 20_000

const inspected = (app: App, runtime: Runtime): Effect.Effect<Inspection | string> =>
  runtime.inspect(app).pipe(
    Effect.catch((error) => Effect.succeed(oneLine(error.message))),
    Effect.catchDefect((defect) => Effect.succeed(oneLine(`its runtime cannot be asked: ${String(defect)}`))),
    Effect.timeoutOrElse({
      duration: inspectLimitMs,
      orElse: () => Effect.succeed(`the ${runtime.kind} runtime did not answer within ${spoken(inspectLimitMs)}`)
    })
  )

/** Nobody starts a process again that has ended. */
export const isGone = (app: App, { present, services }: Inspection): boolean =>
  !traitsOf(app).startsAgain && (!present || services.some(({ ok, since }) => !ok && since === null))

/** Never fails, and is bounded by the checks' own timeouts. */
export const glanceAt = Effect.fn("Engine.glanceAt")(function* (app: EffectiveApp, runtime: Runtime) {
  const gate = yield* HealthGate
  const [inspection, ...checks] = yield* Effect.all(
    [
      inspected(app, runtime),
      ...app.gate.checks.map((check) =>
        Effect.map(gate.runCheck(app, runtime, check), ({ ok, seen }) => ({
          name: oneLine(check.name),
          passed: ok,
          seen
        }))
      )
    ],
    { concurrency: "unbounded" }
  )
  const down = typeof inspection === "string" ? inspection : notAllRuns(inspection)
  const failing = checks.filter(({ passed }) => !passed)
  yield* countChecks(app.name, { passed: checks.length - failing.length, failed: failing.length })
  const what = [...(down === null ? [] : [down]), ...failing.map(({ name, seen }) => `${name}: ${seen}`)].join("; ")
  const trouble: Trouble = { what, checks, gone: typeof inspection !== "string" && isGone(app, inspection) }
  const starts = typeof inspection === "string" ? null : inspection.services.reduce((sum, one) => sum + one.restarts, 0)
  const glance: Glance = { trouble: what === "" ? null : trouble, starts }
  return glance
})

/** The engine is away: whether the app is well cannot be told, and nobody could bring it back. */
export const noRuntime = ({ message }: RuntimeUnavailable): Glance => ({
  trouble: { what: oneLine(message), gone: false, checks: [] },
  starts: null
})
