/** Retries during a rollback: an app must not stay down because of a temporary failure. Pure. */

/** How often a step of a rollback may fail before lastgood gives up. */
export const maxTries = 4

/** Milliseconds to wait before a failed step is repeated. An engine needs time to restart. */
export const retryAfterMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(1000 * 5 ** (failures - 1), 30_000)
