/**
 * A step that lastgood itself was ended in. A kill says nothing about a version, so the step is resumed. But a version
 * that takes the host down with it (out of memory) must come to an end: lastgood gives up a step when it was ended in it
 * often and for long. Pure.
 */
import type { Attempt } from "./Attempt.ts"
import { isoMillis } from "./time.ts"

/** Fewer ends than these are never held against a version, however long the host was off. */
export const deathsAtLeast = 5

/** A step is resumed for so long, or for three deadlines of the health gate where that is longer. */
const resumedForMs = 15 * 60_000

export const resumedFor = (deadlineMs: number): number => Math.max(resumedForMs, 3 * deadlineMs)

/**
 * @returns how lastgood was ended in the present step, in words, when it is not resumed once more; null: it is.
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
    : `lastgood itself was ended ${current.try} times in ${Math.round(forMs / 60_000)} min during ${step}; nothing else was found wrong with the version`
}
