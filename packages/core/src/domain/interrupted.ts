/**
 * A step during which lastgood itself was killed. A kill says nothing about a version, so the step is resumed. But a
 * version that takes the host down (out of memory) must not be retried for ever: lastgood gives up a step during which it
 * was killed often and over a long time. Pure.
 */
import type { Attempt } from "./Attempt.ts"
import { isoMillis } from "./time.ts"

/** Fewer kills than this never fail a step, however long the host was off. */
export const deathsAtLeast = 5

/** A step is resumed for this long, in milliseconds, or for three deadlines of the health gate if that is longer. */
const resumedForMs = 15 * 60_000

export const resumedFor = (deadlineMs: number): number => Math.max(resumedForMs, 3 * deadlineMs)

/**
 * @returns the reason to give up the current step; null: resume it.
 */
export const tooOften = (
  { current }: Pick<Attempt, "current">,
  step: string,
  now: number,
  deadlineMs: number
): string | null => {
  if (current === null || current.step !== step || current.try < deathsAtLeast) return null
  const forMs = now - isoMillis(current.since)
  return forMs < resumedFor(deadlineMs)
    ? null
    : `lastgood itself was killed ${current.try} times in ${Math.round(forMs / 60_000)} min during ${step}; no other fault was found in the version`
}
