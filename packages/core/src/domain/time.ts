/** Times as the log writes them. Pure: a time comes in with the command, none is read from a clock. */
import * as DateTime from "effect/DateTime"

/** Epoch milliseconds to ISO 8601, UTC. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** ISO 8601 to epoch milliseconds; what is no time is the epoch, so that a broken value is never in the future. */
export const isoMillis = (text: string): number => {
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? 0 : millis
}
