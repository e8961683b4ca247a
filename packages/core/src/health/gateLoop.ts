/** The loop of the health gate, over any set of probes. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Gate } from "../domain/App.ts"
import { type Course, follow, unseen, untilStable } from "./evidence.ts"
import type { CheckResult, Verdict } from "./HealthGate.ts"
import { oneLine, spoken } from "./problem.ts"

/** A check that is run again and again. */
export interface Probe {
  readonly name: string
  readonly timeoutMs: number
  readonly run: Effect.Effect<CheckResult>
}

/** The shortest pause between two rounds, whatever the interval: checks must not overload an app that is starting. */
const leastPauseMs = 50

/** Runs a check once, within the time limit. A timeout and a defect in the check both count as a failure. */
export const runOnce = (probe: Probe, limitMs: number): Effect.Effect<CheckResult> =>
  probe.run.pipe(
    Effect.timeoutOrElse({
      duration: limitMs,
      orElse: () => Effect.succeed({ ok: false, dead: false, seen: `no answer within ${spoken(limitMs)}` })
    }),
    Effect.catchDefect((defect) =>
      Effect.succeed({ ok: false, dead: false, seen: oneLine(`the check itself failed: ${String(defect)}`) })
    )
  )

const troubleOf = ({ evidence, passingSince }: Course, stableForMs: number): string => {
  const { name, lastSeen, lastFailure, failures, attempts } = evidence
  if (passingSince === null) return `${name}: ${lastSeen} (${failures} of ${attempts} checks failed)`
  const late = `${name}: passed, but not for ${spoken(stableForMs)} before the deadline`
  return lastFailure === null ? late : `${late}; last failure: ${lastFailure}`
}

/** Why waiting is of no use, with the failing checks. */
const withTroubles = (lost: string, courses: ReadonlyArray<Course>, stableForMs: number): string =>
  [lost, ...courses.filter(({ passingSince }) => passingSince === null).map((c) => troubleOf(c, stableForMs))].join(
    "; "
  )

/**
 * Milliseconds since `start`, by the monotonic clock: a change of the wall clock must neither fail an app nor pass it.
 */
const elapsedSince = (start: bigint) =>
  Effect.map(Clock.monotonicTimeNanos, (now) => Number((now - start) / 1_000_000n))

/** The pause between two inspections of the runtime, which cost more than most checks. */
const standingEveryMs = 1000

/** What the runtime says about the app, beside its checks. */
export interface GateStanding {
  /** Why waiting is of no use; null: it may help. */
  readonly lost: string | null
  /** Why the app does not count as stable although its checks pass; null: it does. */
  readonly unsettled: string | null
}

/** Of a gate without a runtime to inspect, or with one that does not answer. */
export const unknownStanding: GateStanding = { lost: null, unsettled: null }

/**
 * Runs all probes in rounds, `intervalMs` from start to start. The gate passes when each has passed for `stableForMs`
 * without a failure. The last round starts when that time is over, not at the next full interval.
 *
 * @param standing run while a check fails, and before the gate passes.
 */
export const runGate = Effect.fn("HealthGate.run")(function* (
  gate: Omit<Gate, "checks">,
  probes: ReadonlyArray<Probe>,
  standing: Effect.Effect<GateStanding> = Effect.succeed(unknownStanding)
) {
  const { deadlineMs, stableForMs, intervalMs } = gate
  const elapsed = elapsedSince(yield* Clock.monotonicTimeNanos)
  let courses: ReadonlyArray<Course> = probes.map(({ name }) => unseen(name))
  const verdict = (passed: boolean, reason: string, tookMs: number): Verdict => ({
    passed,
    reason,
    tookMs,
    checks: courses.map(({ evidence }) => evidence)
  })

  let standingAskedAt = Number.NEGATIVE_INFINITY
  let unsettled: string | null = null
  while (true) {
    const roundMs = yield* elapsed
    const leftMs = deadlineMs - roundMs
    if (leftMs <= 0) {
      const unstable = courses.filter((course) => untilStable([course], stableForMs, roundMs) !== 0)
      // On a busy host the deadline may end before the round that would have found all of them stable.
      const late = unstable.length === 0 ? courses : unstable
      const found = late.map((course) => troubleOf(course, stableForMs))
      const troubles = [...(unsettled === null ? [] : [unsettled]), ...found].join("; ")
      return verdict(false, `health gate failed after ${spoken(deadlineMs)}: ${troubles}`, roundMs)
    }

    courses = yield* Effect.forEach(
      probes,
      Effect.fnUntraced(function* (probe, i) {
        const course = courses[i] ?? unseen(probe.name)
        const result = yield* runOnce(probe, Math.min(probe.timeoutMs, leftMs))
        const elapsedMs = yield* elapsed
        // A failure that the gate's own deadline caused tells less than the result before it.
        const cutOff = !result.ok && leftMs < probe.timeoutMs && elapsedMs >= deadlineMs
        if (cutOff && course.evidence.attempts > 0) return course
        return follow(course, result, { at: DateTime.formatIso(yield* DateTime.now), elapsedMs })
      }),
      { concurrency: "unbounded" }
    )

    const nowMs = yield* elapsed
    const dead = courses.find((course) => course.dead)
    if (dead !== undefined) {
      return verdict(false, `${dead.evidence.name}: ${dead.evidence.lastSeen}; waiting longer would not help`, nowMs)
    }
    if (courses.some(({ passingSince }) => passingSince === null) && nowMs - standingAskedAt >= standingEveryMs) {
      standingAskedAt = nowMs
      const { lost } = yield* standing
      if (lost !== null) return verdict(false, withTroubles(lost, courses, stableForMs), yield* elapsed)
    }
    const toStable = untilStable(courses, stableForMs, nowMs)
    if (toStable === 0) {
      const seen = yield* standing
      if (seen.lost !== null) return verdict(false, seen.lost, yield* elapsed)
      unsettled = seen.unsettled
      if (unsettled === null) {
        return verdict(
          true,
          `${courses.map((c) => c.evidence.name).join(", ")}: passed for ${spoken(stableForMs)}`,
          nowMs
        )
      }
    }
    const toInterval = Math.max(leastPauseMs, roundMs + intervalMs - nowMs)
    yield* Effect.sleep(Math.max(0, Math.min(toInterval, toStable || toInterval, deadlineMs - nowMs)))
  }
})
