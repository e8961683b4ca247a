/** When the mirrors of an app are brought up to date ahead of its next upgrade. Pure. */
import { isoMillis } from "@lastgood/core/domain/time"
import type { Mirrors } from "@lastgood/core/engine/ahead"

const minute = 60_000
const hour = 60 * minute

/** The last time in this process. Times in milliseconds. */
export interface Earlier {
  /** Epoch. */
  readonly begunAt: number
  readonly tookMs: number
  /** false: another lastgood wanted the claim. */
  readonly isWhole: boolean
  /** The last attempt that had ended then. */
  readonly attempt: string | null
}

/** Between two beginnings after the same attempt. What was interrupted may go on sooner. */
const restMs = 24 * hour
const shortRestMs = hour

/** So long before a window opens, or twice as long as the last time took. */
const leadMs = 30 * minute

/** Gates that a version passes by itself, or by an operator's word. */
const passing: ReadonlySet<string> = new Set(["window", "minimum-age", "policy", "after"])

const hasRested = (attempt: string | null, earlier: Earlier | null, now: number): boolean =>
  earlier === null || earlier.attempt !== attempt || now - earlier.begunAt >= (earlier.isWhole ? restMs : shortRestMs)

/** Once before each opening, however long ago the last time was. */
const isBeforeOpening = (
  { refreshedAt, refused }: Pick<Mirrors, "refreshedAt" | "refused">,
  earlier: Earlier | null,
  now: number
): boolean => {
  if (refused?.gate !== "window" || refused.until === undefined) return false
  const opens = isoMillis(refused.until)
  const from = opens - Math.max(leadMs, 2 * (earlier?.tookMs ?? 0))
  return now >= from && now < opens && (refreshedAt ?? 0) < from && (earlier?.begunAt ?? 0) < from
}

/** Whether the app has nothing to do with mirrors: its data is small, or has no space for them. */
export const hasNone = ({ count, isOnlyCopy, isUnused }: Mirrors): boolean => count === 0 && !isOnlyCopy && !isUnused

/** How long such an app is left alone: to look at it takes its claim, and its data grows slowly. */
export const noneRestMs = 6 * hour

/**
 * A mirror that is not there is made, one that is the only copy of a snapshot is archived, one that is not used any more is
 * removed, and while a newer version waits, its mirrors are kept fresh.
 *
 * @param earlier null: not yet in this process.
 * @param now epoch milliseconds.
 */
export const isDue = (mirrors: Mirrors, earlier: Earlier | null, now: number): boolean => {
  const { attempt, isOnlyCopy, isUnused, refreshedAt, refused } = mirrors
  if (hasNone(mirrors)) return false
  if (isBeforeOpening(mirrors, earlier, now)) return true
  if (!hasRested(attempt, earlier, now)) return false
  if (refreshedAt === null || isOnlyCopy || isUnused) return true
  return refused !== null && passing.has(refused.gate) && now - refreshedAt >= restMs
}
