/** Times as the log writes them. Pure: times come with the command, no clock is read. */
import * as DateTime from "effect/DateTime"

/** Epoch milliseconds to ISO 8601, UTC. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** ISO 8601 to epoch milliseconds. An unparseable time is treated as the epoch, so it is never in the future. */
export const isoMillis = (text: string): number => {
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? 0 : millis
}
