/** What an attempt that fails or ends leaves for people. Pure. */

import { type Attempt, type Ending, toOf } from "../Attempt.ts"
import { subjectOf } from "../alerts.ts"
import { type Event, make } from "../Event.ts"
import { type Next, nextText } from "../Next.ts"
import type { AppState } from "../State.ts"

export const ended = (outcome: Ending, why: string): Event => make("AttemptEnded", { outcome, why })

/** @param about tells two alerts of one attempt apart: the same id would be the same alert, delivered again. */
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
    // An app that came back, whatever failed after it, is well.
    subject: recovered && outcome !== "refused" ? "attempt" : subjectOf(outcome, a.failed?.step),
    outcome,
    attempted: (a.direction === "back" ? a.attempted : null) ?? toOf(a),
    // What was brought back is the last good version from now on.
    lastGood: recovered && a.direction === "back" ? a.to : state.lastGood,
    recovered,
    why,
    next: nextText(state.app, next)
  })
