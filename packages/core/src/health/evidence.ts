/** What the looks of one check add up to. Pure. */
import type { CheckEvidence } from "../domain/Event.ts"
import type { Look } from "./HealthGate.ts"

/** When a look ended: by the wall clock for people, and in milliseconds since the gate began, which no clock change moves. */
export interface Moment {
  readonly at: string
  readonly elapsedMs: number
}

export interface Course {
  readonly evidence: CheckEvidence
  /** Start of the passes that no failure has interrupted, milliseconds since the gate began; null: the last look failed. */
  readonly passingSince: number | null
  readonly dead: boolean
}

export const unseen = (name: string): Course => ({
  evidence: {
    name,
    passed: false,
    attempts: 0,
    failures: 0,
    lastSeen: "not looked at",
    lastFailure: null,
    firstPassAt: null,
    lastFailureAt: null
  },
  passingSince: null,
  dead: false
})

export const follow = ({ evidence, passingSince }: Course, look: Look, { at, elapsedMs }: Moment): Course => {
  const seen = { ...evidence, passed: look.ok, attempts: evidence.attempts + 1, lastSeen: look.seen }
  return look.ok
    ? {
        evidence: { ...seen, firstPassAt: seen.firstPassAt ?? at },
        passingSince: passingSince ?? elapsedMs,
        dead: false
      }
    : {
        evidence: { ...seen, failures: seen.failures + 1, lastFailure: look.seen, lastFailureAt: at },
        passingSince: null,
        dead: look.dead
      }
}

/** How long all must go on passing until each has passed for `stableForMs`; null: not all pass. */
export const untilStable = (courses: ReadonlyArray<Course>, stableForMs: number, elapsedMs: number): number | null =>
  courses.reduce<number | null>(
    (wait, { passingSince }) =>
      wait === null || passingSince === null ? null : Math.max(wait, passingSince + stableForMs - elapsedMs),
    0
  )
