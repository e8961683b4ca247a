/** How patient the way back is: an app must not stay down for a failure that would have passed. Pure. */

/** How often a step of the way back may fail before it is given up. */
export const maxTries = 4

/** Milliseconds to wait before a step that failed is tried again: an engine that restarts needs some. */
export const retryAfterMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(1000 * 5 ** (failures - 1), 30_000)
