/**
 * Checks an app's health between attempts: the runtime's state of its services, and each check of its health gate once. The
 * result of several checks is recorded under the claim, which a process that works on the app has first.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { App, EffectiveApp } from "../domain/App.ts"
import { type ConfigProblem, configEvents } from "../domain/configAlerts.ts"
import { decide } from "../domain/decide.ts"
import { digestEvents } from "../domain/digest.ts"
import type { Event } from "../domain/Event.ts"
import { type Told, toldEvents } from "../domain/letters.ts"
import { type Breaker, breakerEvents, closeBreaker } from "../domain/policy/breaker.ts"
import { traitsOf } from "../domain/RuntimeKind.ts"
import type { AppState } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { recoveredEvents, type Trouble, unhealthyEvents } from "../domain/watching.ts"
import { HealthGate } from "../health/HealthGate.ts"
import { checkName, oneLine, spoken } from "../health/problem.ts"
import type { Inspection, Runtime, RuntimeUnavailable } from "../runtime/Runtime.ts"
import { describeDown } from "./describeDown.ts"
import { countChecks } from "./metrics.ts"

export interface Glance {
  /** null: the app is healthy. */
  readonly trouble: Trouble | null
  /** Differs after each start of the app's services; null: unknown. */
  readonly starts: number | null
  readonly checks: Trouble["checks"]
}

/** An observation to record. `since`: when the trouble was first seen, in epoch milliseconds. */
export type Noted =
  | { readonly _tag: "Unhealthy"; readonly trouble: Trouble; readonly since: number }
  | { readonly _tag: "Well"; readonly by: "itself" | "lastgood" }
  /** All problems of the app's configuration, or of a running daemon's; none: it is valid. */
  | { readonly _tag: "Configuration"; readonly problems: ReadonlyArray<ConfigProblem> }
  /** The request of the same name, for alerts of the host, which has no app to register. */
  | { readonly _tag: "Acknowledged"; readonly alert: string | null; readonly by: string }
  /** The breaker of the host; null: it is closed. */
  | { readonly _tag: "Breaker"; readonly breaker: Breaker | null }
  /** An operator closes it. */
  | { readonly _tag: "BreakerReset" }
  /** What remote sinks were told. */
  | { readonly _tag: "Told"; readonly told: ReadonlyArray<Told & { readonly to: string }> }
  /** Remote sinks that failed or recovered. Of the host. */
  | { readonly _tag: "Sinks"; readonly events: ReadonlyArray<Event> }
  /** Of the host. */
  | { readonly _tag: "Digest"; readonly text: string }

const some = ([first, ...rest]: ReadonlyArray<Event>): readonly [Event, ...Array<Event>] | null =>
  first === undefined ? null : [first, ...rest]

/** @param now ISO 8601. @returns null if there is nothing to record. */
export const eventsOf = (state: AppState, noted: Noted, now: string): readonly [Event, ...Array<Event>] | null => {
  switch (noted._tag) {
    case "Well":
      return recoveredEvents(state, noted.by)
    case "Unhealthy":
      return unhealthyEvents(state, noted.trouble, iso(noted.since))
    case "Configuration":
      return configEvents(state, noted.problems, now)
    case "Told":
      return some(toldEvents(state, noted.told))
    case "Sinks":
      return some(noted.events)
    case "Digest":
      return digestEvents(noted.text, now)
    case "Acknowledged": {
      const decision = decide(state, { ...noted, _tag: "Acknowledge", id: "", now: 0 })
      return decision._tag === "Record" ? decision.events : null
    }
    case "Breaker":
      return breakerEvents(state, noted.breaker, now)
    case "BreakerReset":
      return closeBreaker(state)
  }
}

/** A hung engine is reported as trouble and does not block the watch. */
const inspectLimitMs = 20_000

const inspected = (app: App, runtime: Runtime): Effect.Effect<Inspection | string> =>
  Effect.gen(function* () {
    const inspecting = runtime.inspect(app).pipe(
      Effect.catch((error) => Effect.succeed(oneLine(error.message))),
      Effect.catchDefect((defect) => Effect.succeed(oneLine(`cannot inspect it: ${String(defect)}`)))
    )
    const fiber = yield* Effect.forkChild(inspecting, { startImmediately: true })
    // An inspection without a program has ended already, and a timer for it would cost as much.
    const ended = fiber.pollUnsafe()
    if (ended !== undefined) return yield* ended
    return yield* Effect.timeoutOrElse(Fiber.join(fiber), {
      duration: inspectLimitMs,
      orElse: () =>
        Effect.as(Fiber.interrupt(fiber), `the ${runtime.kind} runtime did not answer within ${spoken(inspectLimitMs)}`)
    })
  })

/** Whether the app has ended and nothing but lastgood starts it again. */
export const isGone = (app: App, { present, services }: Inspection): boolean =>
  !traitsOf(app).startsAgain && (!present || services.some(({ ok, since }) => !ok && since === null))

/** Checks the app once. Never fails; the checks' timeouts limit its duration. */
export const glanceAt = Effect.fnUntraced(function* (app: EffectiveApp, runtime: Runtime) {
  const gate = yield* HealthGate
  const inspection = yield* inspected(app, runtime)
  const checks = yield* Effect.forEach(
    app.gate.checks,
    (check) =>
      Effect.map(gate.runCheck(app, runtime, check), ({ ok, seen }) => ({ name: checkName(check), passed: ok, seen })),
    // A fiber for a single check would cost more than the rest of the look.
    { concurrency: app.gate.checks.length > 1 ? "unbounded" : 1 }
  )
  const down = typeof inspection === "string" ? inspection : describeDown(inspection)
  const failing = checks.filter(({ passed }) => !passed)
  yield* countChecks(app.name, { passed: checks.length - failing.length, failed: failing.length })
  const what = [...(down === null ? [] : [down]), ...failing.map(({ name, seen }) => `${name}: ${seen}`)].join("; ")
  const trouble: Trouble = { what, checks, gone: typeof inspection !== "string" && isGone(app, inspection) }
  const starts = typeof inspection === "string" ? null : inspection.services.reduce((sum, one) => sum + one.restarts, 0)
  const glance: Glance = { trouble: what === "" ? null : trouble, starts, checks }
  return glance
})

/** The result if the engine does not answer: the app's health is unknown, and it could not be restarted. */
export const noRuntime = ({ message }: RuntimeUnavailable): Glance => ({
  trouble: { what: oneLine(message), gone: false, checks: [] },
  starts: null,
  checks: []
})
