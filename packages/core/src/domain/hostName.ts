/** The name of the host itself: its alerts and its breaker belong to no app. No app can have this name. */
export const hostName = "_host"
