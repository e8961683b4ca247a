/** The events for a daemon that cannot use its configuration, and for when it can again. Pure. */
import { unresolvedAlerts } from "./alerts.ts"
import { type Event, make } from "./Event.ts"
import type { AppState } from "./State.ts"

export interface ConfigProblem {
  readonly why: string
  readonly next: string
}

type Recorded = readonly [Event, ...Array<Event>]

const isValid = "the configuration is valid again"
const isOtherwise = "this problem is solved; the configuration has another one"

/**
 * @param problems all present problems.
 * @returns null if the open alerts already say exactly this.
 */
export const configEvents = (state: AppState, problems: ReadonlyArray<ConfigProblem>, at: string): Recorded | null => {
  const open = unresolvedAlerts(state, ["config"])
  const raised = problems
    .filter(({ why }) => !open.some((alert) => alert.why === why))
    .map(({ why, next }, i) =>
      make("AlertRaised", {
        // No id is the beginning of another one, so each can be named when it is acknowledged.
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
