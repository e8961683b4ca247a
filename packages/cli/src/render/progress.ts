/** The progress of long work in one line: bytes, rate, time left. Pure. */
import { duration, size } from "./format.ts"

export interface Mark {
  readonly what: string
  /** Epoch milliseconds of the first report of `what`, and the bytes done by then. */
  readonly since: number
  readonly from: number
}

/** @param total bytes in all; 0: unknown. */
export const progressLine = (mark: Mark, done: number, total: number, now: number): string => {
  const elapsed = Math.max(1, now - mark.since)
  const rate = ((done - mark.from) * 1000) / elapsed
  const amount = total > 0 ? `${size(done)} of ${size(total)}` : size(done)
  // In the first moments a rate is a guess.
  if (elapsed < 1000 || rate <= 0) return `${mark.what}: ${amount}`
  const left = total > 0 ? `, ${duration(Math.max(0, total - done) / (rate / 1000))} left` : ""
  return `${mark.what}: ${amount}, ${size(Math.round(rate))}/s${left}`
}
