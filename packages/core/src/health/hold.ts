/** The loop of the health gate, over anything that can be looked at. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { Gate } from "../domain/App.ts"
import { type Course, follow, unseen, untilStable } from "./evidence.ts"
import type { Look, Verdict } from "./HealthGate.ts"
import { oneLine, spoken } from "./problem.ts"

/** One thing to look at, again and again. */
export interface Probe {
  readonly name: string
  readonly timeoutMs: number
  readonly look: Effect.Effect<Look>
}

/** Between two rounds, whatever the interval says: an app that comes up is not to be kept busy by its checks. */
const leastPauseMs = 50

/** One look, always an answer and in time: no answer is a failed look, and so is a check that breaks. */
export const lookOnce = (probe: Probe, limitMs: number): Effect.Effect<Look> =>
  probe.look.pipe(
    Effect.timeoutOrElse({
      duration: limitMs,
      orElse: () => Effect.succeed({ ok: false, dead: false, seen: `no answer within ${spoken(limitMs)}` })
    }),
    Effect.catchDefect((defect) =>
      Effect.succeed({ ok: false, dead: false, seen: oneLine(`the check itself failed: ${String(defect)}`) })
    )
  )

const troubleOf = ({ evidence, passingSince }: Course, elapsedMs: number): string =>
  passingSince === null
    ? `${evidence.name}: ${evidence.lastSeen} (${evidence.failures} of ${evidence.attempts} looks failed)`
    : `${evidence.name}: passed for ${spoken(elapsedMs - passingSince)} only, before that ${evidence.lastFailure ?? "not looked at"}`

/** Why waiting is of no use, and what the checks saw meanwhile. */
const withTroubles = (lost: string, courses: ReadonlyArray<Course>, elapsedMs: number): string =>
  [lost, ...courses.filter(({ passingSince }) => passingSince === null).map((c) => troubleOf(c, elapsedMs))].join("; ")

/** Milliseconds since `start`, by the monotonic clock: a wall clock that is set must neither fail an app nor pass it. */
const elapsedSince = (start: bigint) =>
  Effect.map(Clock.monotonicTimeNanos, (now) => Number((now - start) / 1_000_000n))

/** Between two looks at whether something has ended for good: they cost more than most checks. */
const lossEveryMs = 1000

/** Nothing of the app can end for good. */
const noLoss: Effect.Effect<string | null> = Effect.succeed(null)

/**
 * Looks at all probes in rounds, `intervalMs` from start to start. Passed: each has passed for `stableForMs` without a
 * failure in between. The last round comes when that time is over, not at the next full interval.
 *
 * @param loss asked while a check does not pass, and before the gate passes: why waiting is of no use; null: it may be.
 */
export const hold = Effect.fn("HealthGate.hold")(function* (
  gate: Omit<Gate, "checks">,
  probes: ReadonlyArray<Probe>,
  loss: Effect.Effect<string | null> = noLoss
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

  let lossAskedAt = Number.NEGATIVE_INFINITY
  while (true) {
    const roundMs = yield* elapsed
    const leftMs = deadlineMs - roundMs
    if (leftMs <= 0) {
      const unstable = courses.filter((course) => untilStable([course], stableForMs, roundMs) !== 0)
      const troubles = unstable.map((course) => troubleOf(course, roundMs)).join("; ")
      return verdict(false, `not healthy within ${spoken(deadlineMs)}: ${troubles}`, roundMs)
    }

    courses = yield* Effect.forEach(
      probes,
      Effect.fnUntraced(function* (probe, i) {
        const course = courses[i] ?? unseen(probe.name)
        const look = yield* lookOnce(probe, Math.min(probe.timeoutMs, leftMs))
        const elapsedMs = yield* elapsed
        // One that the gate's own deadline cut off says less than the one before it.
        const cutOff = !look.ok && leftMs < probe.timeoutMs && elapsedMs >= deadlineMs
        if (cutOff && course.evidence.attempts > 0) return course
        return follow(course, look, { at: DateTime.formatIso(yield* DateTime.now), elapsedMs })
      }),
      { concurrency: "unbounded" }
    )

    const nowMs = yield* elapsed
    const dead = courses.find((course) => course.dead)
    if (dead !== undefined) {
      return verdict(false, `${dead.evidence.name}: ${dead.evidence.lastSeen}, waiting longer is of no use`, nowMs)
    }
    if (courses.some(({ passingSince }) => passingSince === null) && nowMs - lossAskedAt >= lossEveryMs) {
      lossAskedAt = nowMs
      const lost = yield* loss
      if (lost !== null) return verdict(false, withTroubles(lost, courses, yield* elapsed), yield* elapsed)
    }
    const toStable = untilStable(courses, stableForMs, nowMs)
    if (toStable === 0) {
      const lost = yield* loss
      if (lost !== null) return verdict(false, lost, yield* elapsed)
      return verdict(
        true,
        `${courses.map((c) => c.evidence.name).join(", ")}: passed for ${spoken(stableForMs)}`,
        nowMs
      )
    }
    const toInterval = Math.max(leastPauseMs, roundMs + intervalMs - nowMs)
    yield* Effect.sleep(Math.max(0, Math.min(toInterval, toStable ?? toInterval, deadlineMs - nowMs)))
  }
})
