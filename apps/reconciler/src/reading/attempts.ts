/** The attempts of an app, from its events: versions, outcome, and how long each step took. Pure. */
import type { Measured } from "@lastgood/core/domain/downtime"
import { type Event, isUnknown } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"

/** One run of a step. */
export interface ShownStep {
  readonly step: string
  readonly at: string
  /** null: it runs now, or the attempt was abandoned during it. */
  readonly until: string | null
  readonly ok: boolean
  /** In a rollback. */
  readonly isBack: boolean
}

export interface ShownAttempt {
  readonly id: string
  readonly kind: "upgrade" | "deploy" | "snapshot" | "promote" | "try" | "stop" | "rollback"
  readonly at: string
  /** null: it is in flight. */
  readonly endedAt: string | null
  readonly from: string | null
  readonly to: string | null
  /** `unknown`: abandoned. null: in flight. */
  readonly outcome: string | null
  readonly why: string
  /** How long it kept the app down; undefined: it did not, it is in flight, or an older lastgood made it. */
  readonly downtime?: Measured
  readonly steps: ReadonlyArray<ShownStep>
  /** A rollback inside of it has begun. */
  readonly isBack: boolean
}

type Begun = Pick<ShownAttempt, "kind" | "from" | "to">

const begun = (event: Event): Begun | null => {
  switch (event.type) {
    case "UpgradeAttempted":
      return { kind: "upgrade", from: event.data.from?.version ?? null, to: event.data.to.version }
    case "DeployAttempted":
      return { kind: "deploy", from: event.data.from?.version ?? null, to: event.data.to.version }
    case "TryAttempted":
      return { kind: "try", from: event.data.from.version, to: event.data.to.version }
    case "SnapshotAttempted": {
      const { of, purpose } = event.data
      return { kind: purpose === "manual" ? "snapshot" : "promote", from: of.version, to: of.version }
    }
    case "StopAttempted": {
      const { version } = event.data.of
      return { kind: "stop", from: version, to: version }
    }
    case "RollbackStarted": {
      const { attempted, lastGood } = event.data
      return { kind: "rollback", from: attempted?.version ?? null, to: lastGood?.version ?? null }
    }
    default:
      return null
  }
}

/** How an event ends the step that runs; null: it does not. */
const isOkAfter = (event: Event): boolean | null => {
  switch (event.type) {
    case "StepDone":
    case "Prefetched":
    case "Undeployed":
    case "SnapshotTaken":
    case "SnapshotStaged":
    case "SnapshotRestored":
    case "Deployed":
    case "HealthPassed":
      return true
    case "CommandEnded":
    case "SnapshotVerified":
      return event.data.ok
    case "StepFailed":
    case "DeployFailed":
    case "HealthFailed":
      return false
    default:
      return null
  }
}

const ended = (steps: ReadonlyArray<ShownStep>, until: string, ok: boolean): ReadonlyArray<ShownStep> => {
  const last = steps.at(-1)
  return last === undefined || last.until !== null ? steps : [...steps.slice(0, -1), { ...last, until, ok }]
}

const after = (attempt: ShownAttempt, event: Event, at: string): ShownAttempt => {
  const { isBack, steps } = attempt
  switch (event.type) {
    case "StepStarted": {
      const step = { step: event.data.step, at, until: null, ok: true, isBack }
      // A step without evidence is tried again after a crash.
      return { ...attempt, steps: [...ended(steps, at, steps.at(-1)?.step !== step.step), step] }
    }
    case "RollbackStarted":
      return { ...attempt, isBack: true }
    case "AttemptEnded":
      return { ...attempt, ...event.data, endedAt: at, steps: ended(steps, at, true) }
    case "AttemptAbandoned":
      return { ...attempt, endedAt: at, outcome: "unknown", why: event.data.why }
    default: {
      const ok = isOkAfter(event)
      return ok === null ? attempt : { ...attempt, steps: ended(steps, at, ok) }
    }
  }
}

export interface Attempts {
  /** Oldest first. */
  readonly newest: ReadonlyArray<ShownAttempt>
  /** How many there were. */
  readonly begun: number
}

export const noAttempts: Attempts = { newest: [], begun: 0 }

/** The attempts after one more event. @param most how many to keep; at least one, which the next events belong to. */
export const attemptsAfter = (
  { newest, begun: count }: Attempts,
  { at, attempt: id, event }: Recorded,
  most: number
): Attempts => {
  const same = { newest, begun: count }
  if (id === null || isUnknown(event)) return same
  const known = newest.findLast((one) => one.id === id)
  if (known !== undefined) {
    return { ...same, newest: newest.map((one) => (one === known ? after(known, event, at) : one)) }
  }
  const first = begun(event)
  if (first === null) return same
  const one = { id, at, ...first, endedAt: null, outcome: null, why: "", steps: [], isBack: false }
  return { newest: [...newest, one].slice(-most), begun: count + 1 }
}

/** `1.0.0 → 1.1.0`, or the one version that the attempt is about. @param named how a version is shown. */
export const movedText = (
  { from, to }: Pick<ShownAttempt, "from" | "to">,
  named: (version: string) => string = (version) => version
): string => (from === to || from === null ? named(to ?? "-") : `${named(from)} → ${named(to ?? "-")}`)
