/**
 * Identifies the code that folds events into a state: a saved state of other code is not used. Computed from that code by
 * `npm run state:definition`; a test fails if it is not up to date.
 */
export const stateDefinition = "2dd562c1d7917c46"
