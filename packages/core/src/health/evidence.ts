/** Sums up the results of one check over time. Pure. */
import type { CheckEvidence } from "../domain/Event.ts"
import type { CheckResult } from "./HealthGate.ts"

/**
 * When a check ended: by the wall clock for people, and in milliseconds since the gate began, which a clock change does
 * not move.
 */
export interface CheckTime {
  readonly at: string
  readonly elapsedMs: number
}

export interface Course {
  readonly evidence: CheckEvidence
  /** Start of the current series of passes, in milliseconds since the gate began; null: the last check failed. */
  readonly passingSince: number | null
  readonly dead: boolean
}

export const unseen = (name: string): Course => ({
  evidence: {
    name,
    passed: false,
    attempts: 0,
    failures: 0,
    lastSeen: "not checked",
    lastFailure: null,
    firstPassAt: null,
    lastFailureAt: null
  },
  passingSince: null,
  dead: false
})

export const follow = (
  { evidence, passingSince }: Course,
  result: CheckResult,
  { at, elapsedMs }: CheckTime
): Course => {
  const seen = { ...evidence, passed: result.ok, attempts: evidence.attempts + 1, lastSeen: result.seen }
  return result.ok
    ? {
        evidence: { ...seen, firstPassAt: seen.firstPassAt ?? at },
        passingSince: passingSince ?? elapsedMs,
        dead: false
      }
    : {
        evidence: { ...seen, failures: seen.failures + 1, lastFailure: result.seen, lastFailureAt: at },
        passingSince: null,
        dead: result.dead
      }
}

/** How many milliseconds all must keep passing until each has passed for `stableForMs`; null: not all pass. */
export const untilStable = (courses: ReadonlyArray<Course>, stableForMs: number, elapsedMs: number): number | null =>
  courses.reduce<number | null>(
    (wait, { passingSince }) =>
      wait === null || passingSince === null ? null : Math.max(wait, passingSince + stableForMs - elapsedMs),
    0
  )
