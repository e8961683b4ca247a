/** What the metrics count in the events of one app. Pure: the same events give the same numbers, whoever recorded them. */
import { kindOf } from "@lastgood/core/domain/Attempt"
import { isUnknown } from "@lastgood/core/domain/Event"
import { evolve, type Recorded } from "@lastgood/core/domain/evolve"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { isoMillis } from "@lastgood/core/domain/time"

export const downBounds = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]
export const quietBounds = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600]

export interface Observed {
  readonly counts: ReadonlyArray<number>
  readonly sum: number
}

const nothing = (bounds: ReadonlyArray<number>): Observed => ({ counts: [...bounds, 0].map(() => 0), sum: 0 })

const observe = ({ counts, sum }: Observed, bounds: ReadonlyArray<number>, value: number): Observed => {
  const at = bounds.findIndex((bound) => value <= bound)
  const bucket = at === -1 ? bounds.length : at
  return { counts: counts.map((count, i) => (i === bucket ? count + 1 : count)), sum: sum + value }
}

export interface Tally {
  readonly state: AppState
  /** Attempts that ended, by kind and outcome, `upgrade committed`. */
  readonly attempts: ReadonlyMap<string, number>
  /** Seconds from the stop of an app to its next passed health gate. */
  readonly downtime: Observed
  readonly lastDowntime: number
  /** Epoch milliseconds since when an attempt keeps the app down; null: none does. */
  readonly downSince: number | null
  /** Seconds that nothing could write, by step. */
  readonly quiet: { readonly snapshot: Observed; readonly restore: Observed }
  readonly lastSnapshotSeconds: number
  /** Epoch seconds of the last verification that found a whole snapshot; 0: none. */
  readonly verifiedAt: number
  readonly alertsRaised: number
}

export const noTally = (app: string): Tally => ({
  state: initialStateOf(app),
  attempts: new Map(),
  downtime: nothing(downBounds),
  lastDowntime: 0,
  downSince: null,
  quiet: { snapshot: nothing(quietBounds), restore: nothing(quietBounds) },
  lastSnapshotSeconds: 0,
  verifiedAt: 0,
  alertsRaised: 0
})

export const attemptKey = (kind: string, outcome: string): string => `${kind} ${outcome}`

const ended = (tally: Tally, outcome: string): Tally => {
  const { attempt } = tally.state
  if (attempt === null) return tally
  const key = attemptKey(kindOf(attempt), outcome)
  return { ...tally, attempts: new Map(tally.attempts).set(key, (tally.attempts.get(key) ?? 0) + 1) }
}

const started = (tally: Tally, at: number): Tally => {
  if (tally.downSince === null) return tally
  const seconds = Math.max(0, at - tally.downSince) / 1000
  return {
    ...tally,
    downtime: observe(tally.downtime, downBounds, seconds),
    lastDowntime: seconds,
    downSince: null
  }
}

const counted = (tally: Tally, { at, event }: Recorded): Tally => {
  if (isUnknown(event)) return tally
  const time = isoMillis(at)
  switch (event.type) {
    case "StepStarted": {
      const stops = event.data.step === "undeploy" && tally.state.attempt?.wasRunning === true
      return stops && tally.downSince === null ? { ...tally, downSince: time } : tally
    }
    case "HealthPassed":
      return started(tally, time)
    case "AttemptEnded":
      return ended(tally, event.data.outcome)
    case "AttemptAbandoned":
      return ended(tally, "unknown")
    case "SnapshotTaken": {
      const seconds = event.data.quietMs / 1000
      const snapshot = observe(tally.quiet.snapshot, quietBounds, seconds)
      return { ...tally, quiet: { ...tally.quiet, snapshot }, lastSnapshotSeconds: seconds }
    }
    case "SnapshotRestored": {
      const restore = observe(tally.quiet.restore, quietBounds, event.data.quietMs / 1000)
      return { ...tally, quiet: { ...tally.quiet, restore } }
    }
    case "SnapshotVerified":
      return event.data.ok ? { ...tally, verifiedAt: time / 1000 } : tally
    case "AlertRaised":
      return { ...tally, alertsRaised: tally.alertsRaised + 1 }
    default:
      return tally
  }
}

/** Adds one event. An app that an operator stopped is not down. */
export const tallied = (tally: Tally, recorded: Recorded): Tally => {
  const next = { ...counted(tally, recorded), state: evolve(tally.state, recorded) }
  return next.state.down?.asked === true ? { ...next, downSince: null } : next
}
