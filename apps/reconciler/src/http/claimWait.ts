/** How long to wait for the claim on an app, in milliseconds: long enough for a health check or a pass of the daemon that finds nothing. */
export const claimWaitMs = 10_000
