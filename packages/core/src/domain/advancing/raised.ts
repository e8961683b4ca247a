/** The events that tell people how an attempt failed or ended. Pure. */

import { type Attempt, type Ending, toOf } from "../Attempt.ts"
import { subjectOf } from "../alerts.ts"
import { measuredOf } from "../downtime.ts"
import { type Event, make } from "../Event.ts"
import { type Next, nextText } from "../Next.ts"
import type { AppState } from "../State.ts"

/** The downtime of the attempt, if it took the app down. */
const downtimeOf = ({ downtimes }: AppState, { id }: Attempt) => {
  const downtime = measuredOf(downtimes, id)
  return downtime === undefined ? {} : { downtime }
}

export const ended = (state: AppState, a: Attempt, outcome: Ending, why: string): Event =>
  make("AttemptEnded", { outcome, why, ...downtimeOf(state, a) })

/** @param about distinguishes two alerts of one attempt: an alert with the same id would be the same alert. */
export const alert = (
  state: AppState,
  a: Attempt,
  outcome: Ending,
  recovered: boolean,
  why: string,
  next: Next,
  about: string = outcome
): Event =>
  make("AlertRaised", {
    alert: `${a.id}-${about}`,
    // A recovered app is healthy, even if a later step failed.
    subject: recovered && outcome !== "refused" ? "attempt" : subjectOf(outcome, a.failed?.step),
    outcome,
    attempted: (a.direction === "back" ? a.attempted : null) ?? toOf(a),
    // The version rolled back to is the last good version from now on.
    lastGood: recovered && a.direction === "back" ? a.to : state.lastGood,
    recovered,
    why,
    next: nextText(state.app, next),
    ...downtimeOf(state, a)
  })
