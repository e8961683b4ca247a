/** The result of several health checks of one app. Pure. */
import type { Trouble } from "@lastgood/core/domain/watching"
import type { Glance } from "@lastgood/core/engine/watch"

/** Since the state of the app last changed. Times are epoch milliseconds. */
export interface Course {
  readonly failingSince: number | null
  readonly passingSince: number | null
  /** How many checks in a row had the same result. */
  readonly looks: number
  /** The start counts of its services over the last minutes. */
  readonly starts: ReadonlyArray<{ readonly at: number; readonly count: number }>
}

export const begin: Course = { failingSince: null, passingSince: null, looks: 0, starts: [] }

/** This many restarts within the window are trouble, however healthy the app is between them. */
const restartWindowMs = 10 * 60_000
const restartsToTell = 3

/** The checks in a row that make a verdict, so that a single failure raises no alert. */
const looksToTell = 2

/** @returns null if there were too few restarts. */
const restarting = (starts: Course["starts"]): Trouble | null => {
  const [first, last] = [starts[0], starts.at(-1)]
  const count = first === undefined || last === undefined ? 0 : last.count - first.count
  if (count < restartsToTell) return null
  const what = `its services were restarted ${count} times within ${restartWindowMs / 60_000} min`
  return { what, gone: false, checks: [] }
}

const startsAfter = (before: Course["starts"], count: number | null, now: number): Course["starts"] => {
  if (count === null) return []
  const recent = before.filter(({ at }) => now - at <= restartWindowMs)
  // A lower count means new containers, which an operator or another lastgood process created.
  return [...(recent.some((one) => one.count > count) ? [] : recent), { at: now, count }]
}

export interface Followed {
  readonly course: Course
  readonly trouble: Trouble | null
  /** null: too few checks for a verdict. */
  readonly verdict: "unhealthy" | "well" | null
}

/** @param stableForMs how long the checks must pass before the app counts as healthy again. */
export const follow = (course: Course, glance: Glance, now: number, stableForMs: number): Followed => {
  const starts = startsAfter(course.starts, glance.starts, now)
  const loop = glance.trouble === null ? restarting(starts) : null
  const trouble = glance.trouble ?? loop
  if (trouble !== null) {
    const failingSince = course.failingSince ?? now
    const looks = course.failingSince === null ? 1 : course.looks + 1
    const isSure = trouble.gone || loop !== null || looks >= looksToTell
    return {
      course: { failingSince, passingSince: null, looks, starts },
      trouble,
      verdict: isSure ? "unhealthy" : null
    }
  }
  const passingSince = course.passingSince ?? now
  const looks = course.passingSince === null ? 1 : course.looks + 1
  const isSure = looks >= looksToTell && now - passingSince >= stableForMs
  return { course: { failingSince: null, passingSince, looks, starts }, trouble, verdict: isSure ? "well" : null }
}
