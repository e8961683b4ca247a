/** What the log is told when a running daemon cannot use its configuration, and when it can again. Pure. */
import { unresolvedAlerts } from "./alerts.ts"
import { type Event, make } from "./Event.ts"
import type { AppState } from "./State.ts"

export interface ConfigProblem {
  readonly why: string
  readonly next: string
}

type Recorded = readonly [Event, ...Array<Event>]

const isValid = "the configuration is valid again"
const isOtherwise = "it is not so any more; something else is wrong with the configuration"

/**
 * @param problems all that is wrong now.
 * @returns null: the open alerts say just that.
 */
export const configEvents = (state: AppState, problems: ReadonlyArray<ConfigProblem>, at: string): Recorded | null => {
  const open = unresolvedAlerts(state, ["config"])
  const raised = problems
    .filter(({ why }) => !open.some((alert) => alert.why === why))
    .map(({ why, next }, i) =>
      make("AlertRaised", {
        // No id is how another one begins: it can be named when it is acknowledged.
        alert: i === 0 ? `${at}-config` : `${at}-${i + 1}-config`,
        subject: "config",
        outcome: "failed",
        attempted: null,
        lastGood: state.lastGood,
        recovered: true,
        why,
        next
      })
    )
  const by = problems.length === 0 ? isValid : isOtherwise
  const resolved = open
    .filter((alert) => !problems.some(({ why }) => why === alert.why))
    .map(({ id }) => make("AlertResolved", { alert: id, by }))
  const [first, ...rest] = [...raised, ...resolved]
  return first === undefined ? null : [first, ...rest]
}
