/** What the metrics count in the events of one app. Pure: the same events give the same numbers, whoever recorded them. */
import { kindOf } from "@lastgood/core/domain/Attempt"
import type { Downtime } from "@lastgood/core/domain/downtime"
import { type Event, isUnknown } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import type { AppState } from "@lastgood/core/domain/State"
import { isoMillis } from "@lastgood/core/domain/time"
import type { ShownAttempt } from "./attempts.ts"

export const downBounds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
export const quietBounds = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600]
export const stepBounds = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600]

export interface Observed {
  readonly counts: ReadonlyArray<number>
  readonly sum: number
}

export const nothing = (bounds: ReadonlyArray<number>): Observed => ({ counts: [...bounds, 0].map(() => 0), sum: 0 })

const observe = ({ counts, sum }: Observed, bounds: ReadonlyArray<number>, value: number): Observed => {
  const at = bounds.findIndex((bound) => value <= bound)
  const bucket = at === -1 ? bounds.length : at
  return { counts: counts.map((count, i) => (i === bucket ? count + 1 : count)), sum: sum + value }
}

export const sumOf = (all: ReadonlyArray<Observed>, bounds: ReadonlyArray<number>): Observed =>
  all.reduce(
    (sum, one) => ({ counts: sum.counts.map((count, i) => count + (one.counts[i] ?? 0)), sum: sum.sum + one.sum }),
    nothing(bounds)
  )

export interface Counts {
  /** Attempts that ended, by kind and outcome, `upgrade committed`. */
  readonly attempts: ReadonlyMap<string, number>
  /** Seconds that attempts kept the app down. */
  readonly downtime: Observed
  readonly lastDowntime: number
  /** The downtime of an attempt that ended with the app down; null: none, or it is up again. */
  readonly leftDown: Downtime | null
  /** Seconds that nothing could write, by step. */
  readonly quiet: { readonly snapshot: Observed; readonly restore: Observed }
  /** Seconds that steps took, by step and result, `deploy ok`. */
  readonly steps: ReadonlyMap<string, Observed>
  readonly lastSnapshotSeconds: number
  /** Epoch seconds of the last verification that found a whole snapshot; 0: none. */
  readonly verifiedAt: number
  readonly alertsRaised: number
}

export const noCounts: Counts = {
  attempts: new Map(),
  downtime: nothing(downBounds),
  lastDowntime: 0,
  leftDown: null,
  quiet: { snapshot: nothing(quietBounds), restore: nothing(quietBounds) },
  steps: new Map(),
  lastSnapshotSeconds: 0,
  verifiedAt: 0,
  alertsRaised: 0
}

export const attemptKey = (kind: string, outcome: string): string => `${kind} ${outcome}`
export const stepKey = (step: string, ok: boolean): string => `${step} ${ok ? "ok" : "failed"}`

/** An app before and after an event. */
export interface Change {
  readonly before: { readonly state: AppState; readonly attempts: ReadonlyArray<ShownAttempt> }
  readonly after: Change["before"]
}

const withDowntime = (counts: Counts, ms: number): Counts => ({
  ...counts,
  downtime: observe(counts.downtime, downBounds, ms / 1000),
  lastDowntime: ms / 1000,
  leftDown: null
})

/** An attempt has ended. An app that an operator stopped is not down. */
const ended = (counts: Counts, outcome: string, { after, before }: Change): Counts => {
  const { attempt } = before.state
  if (attempt === null) return counts
  const key = attemptKey(kindOf(attempt), outcome)
  const next = { ...counts, attempts: new Map(counts.attempts).set(key, (counts.attempts.get(key) ?? 0) + 1) }
  const own = after.state.downtimes.findLast((one) => one.attempt === attempt.id)
  if (own === undefined || after.state.down?.asked === true) return next
  return own.downSince === null ? withDowntime(next, own.ms) : { ...next, leftDown: own }
}

/** Brings up an app that an earlier attempt left down. */
const broughtUp = (counts: Counts, at: string, attempt: string | null): Counts => {
  const { leftDown } = counts
  if (leftDown === null || leftDown.attempt === attempt || leftDown.downSince === null) return counts
  return withDowntime(counts, leftDown.ms + Math.max(0, isoMillis(at) - isoMillis(leftDown.downSince)))
}

const counted = (counts: Counts, { at, attempt, event }: Recorded & { readonly event: Event }, change: Change) => {
  switch (event.type) {
    case "HealthPassed":
      return broughtUp(counts, at, attempt)
    case "AttemptEnded":
      return ended(counts, event.data.outcome, change)
    case "AttemptAbandoned":
      return ended(counts, "unknown", change)
    case "SnapshotTaken": {
      const seconds = event.data.quietMs / 1000
      const snapshot = observe(counts.quiet.snapshot, quietBounds, seconds)
      return { ...counts, quiet: { ...counts.quiet, snapshot }, lastSnapshotSeconds: seconds }
    }
    case "SnapshotRestored": {
      const restore = observe(counts.quiet.restore, quietBounds, event.data.quietMs / 1000)
      return { ...counts, quiet: { ...counts.quiet, restore } }
    }
    case "SnapshotVerified":
      return event.data.ok ? { ...counts, verifiedAt: isoMillis(at) / 1000 } : counts
    case "AlertRaised":
      return { ...counts, alertsRaised: counts.alertsRaised + 1 }
    default:
      return counts
  }
}

/** The step that ended with the event. One that is only begun again, after a crash, has no end. */
const withStep = (counts: Counts, event: Event, { after, before }: Change): Counts => {
  const step = after.attempts.at(-1)?.steps.at(-1)
  const wasRunning = before.attempts.at(-1)?.steps.at(-1)?.until === null
  if (!wasRunning || event.type === "StepStarted" || step === undefined || step.until === null) return counts
  const key = stepKey(step.step, step.ok)
  const seconds = Math.max(0, isoMillis(step.until) - isoMillis(step.at)) / 1000
  const observed = observe(counts.steps.get(key) ?? nothing(stepBounds), stepBounds, seconds)
  return { ...counts, steps: new Map(counts.steps).set(key, observed) }
}

/** Adds one event. */
export const countsAfter = (counts: Counts, recorded: Recorded, change: Change): Counts => {
  const { event } = recorded
  if (isUnknown(event)) return counts
  const next = withStep(counted(counts, { ...recorded, event }, change), event, change)
  return change.after.state.down?.asked === true && next.leftDown !== null ? { ...next, leftDown: null } : next
}

/** Epoch milliseconds since when an attempt keeps the app down; null: none does. */
export const downSinceOf = ({ leftDown }: Counts, { attempt, downtimes }: AppState): number | null => {
  const now = attempt === null ? undefined : downtimes.findLast((one) => one.attempt === attempt.id)
  const since = now?.downSince ?? leftDown?.downSince ?? null
  return since === null ? null : isoMillis(since)
}
