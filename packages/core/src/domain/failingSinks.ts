/**
 * Sinks that do not take messages, and when each is tried again. Recorded in the log, so that a restart does not shorten the
 * wait. Pure.
 */
import type { Event } from "./Event.ts"

export interface FailingSink {
  readonly sink: string
  /** Of the first failure in a row. ISO 8601. */
  readonly since: string
  readonly failures: number
  readonly why: string
  readonly retryAt: string
}

export const afterSinkEvent = (
  failing: ReadonlyArray<FailingSink>,
  event: Extract<Event, { readonly type: `Sink${string}` }>,
  at: string
): ReadonlyArray<FailingSink> => {
  const { sink } = event.data
  const others = failing.filter((one) => one.sink !== sink)
  if (event.type === "SinkRecovered") return others
  const since = failing.find((one) => one.sink === sink)?.since ?? at
  return [...others, { ...event.data, since }]
}

const firstMs = 60_000
const mostMs = 60 * 60_000
/** A server may ask for more time, but an alert does not wait for days. */
const mostAskedMs = 6 * 60 * 60_000

/**
 * How long a sink is left alone after a failure: 1 min, 2 min, 4 min …, at most an hour.
 *
 * @param failures how many attempts have failed in a row, this one included.
 * @param askedMs the time that the server asked for (`Retry-After`), in milliseconds; null: it did not.
 */
export const retryDelayMs = (failures: number, askedMs: number | null): number =>
  Math.max(Math.min(firstMs * 2 ** Math.min(failures - 1, 10), mostMs), Math.min(askedMs ?? 0, mostAskedMs))
