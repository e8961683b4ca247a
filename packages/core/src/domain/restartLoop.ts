/** Whether a service restarts again and again, or only starts slowly. Pure. */

/** One restart can be a slow start. Two may be a loop. */
export const restartsToGiveUp = 2

/**
 * Milliseconds after the start of a deploy in which restarts can still be a slow start: many apps end until their
 * database answers, and rely on the engine to start them again.
 */
export const slowStartMs = 30_000

export interface Restarts {
  /** Since the deploy began. */
  readonly times: number
  /** Start of the current run, in epoch milliseconds; null: it does not run. */
  readonly since: number | null
  /** Start of the deploy, in epoch milliseconds. */
  readonly begunAt: number
  /** Epoch milliseconds. */
  readonly now: number
}

/** A service that is still down or restarted again after the time for a slow start. */
export const isRestartLoop = ({ begunAt, now, since, times }: Restarts): boolean =>
  times >= restartsToGiveUp && (since ?? now) >= begunAt + slowStartMs
