/** What the log is told when a running daemon cannot use its configuration, and when it can again. Pure. */
import { resolveAlerts, unresolvedAlerts } from "./alerts.ts"
import { type Event, make } from "./Event.ts"
import type { AppState } from "./State.ts"

type Recorded = readonly [Event, ...Array<Event>]

/** @returns null: it is told already. */
export const brokenEvents = (state: AppState, why: string, next: string, at: string): Recorded | null => {
  if (unresolvedAlerts(state, ["config"]).some((alert) => alert.why === why)) return null
  return [
    make("AlertRaised", {
      alert: `${at}-config`,
      subject: "config",
      outcome: "failed",
      attempted: null,
      lastGood: state.lastGood,
      recovered: true,
      why,
      next
    })
  ]
}

/** @returns null: nothing was wrong. */
export const validEvents = (state: AppState): Recorded | null => {
  const [first, ...rest] = resolveAlerts(state, ["config"], "the configuration is valid again")
  return first === undefined ? null : [first, ...rest]
}
