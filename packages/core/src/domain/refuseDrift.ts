/**
 * What lastgood does about a world that disagrees with its log (LAW-15, LAW-16): it begins nothing, says so once, and
 * names the ways out. Which of them is right is for an operator to say. Pure.
 */
import { toOf } from "./Attempt.ts"
import { resolveAlerts } from "./alerts.ts"
import { trusted } from "./answers.ts"
import type { Decision, Refusal } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import { advise, type Do, type Next, nextText, runningVersion } from "./Next.ts"
import type { AppState } from "./State.ts"
import type { Drift } from "./World.ts"

/** What runs of the app: whether anything does, and which version it says that it is (null: none, or not all the same). */
export interface Standing {
  readonly present: boolean
  readonly version: string | null
}

/** LAW-15: which one a plain `restore` would take is said before, not after. */
const restoreOf = (state: AppState): Next | null => {
  const target = trusted(state).at(-1)
  return target === undefined ? null : advise`${{ do: "Restore" }} (snapshot ${target.id} of ${target.version})`
}

const nextOf = (state: AppState, drift: Drift, { present, version }: Standing): Next => {
  const restore = restoreOf(state)
  const { data, lastGood } = state
  // Which version the data belongs to is asked for where it is not the last good one.
  const of = drift.usedBy ?? (data !== null && data.version !== lastGood?.version ? data.version : null)
  const giveUp: Do = present
    ? { do: "Promote", version, withoutData: true }
    : { do: "Deploy", to: of, withoutData: true }
  const back = restore === null ? "" : advise`. To return to a snapshot: ${restore}`
  switch (drift.kind) {
    case "data-missing":
      return restore !== null
        ? advise`bring the data back (mount its disk), or: ${restore}. To go on with what is there now: ${giveUp}`
        : advise`bring the data back (mount its disk; there is no snapshot). To go on with what is there now: ${giveUp}`
    case "log-behind":
      return present
        ? advise`bring back the newer log (events.db), or, if what runs now is right: ${{ do: "Promote", version }}${back}`
        : advise`bring back the newer log (events.db), or go on with the data as it is: ${giveUp}${back}`
    case "drift":
      return drift.usedBy !== null
        ? advise`${drift.usedBy} may have changed its data. To keep what runs now: ${{ do: "Promote", version: drift.usedBy }}; to return to a snapshot: ${{ do: "Rollback" }}`
        : advise`to keep what runs now: ${{ do: "Promote", version: version ?? runningVersion }}; to return to what lastgood deployed: ${{ do: "Deploy" }}`
  }
}

const titles = {
  "data-missing": "its data is not what lastgood left there",
  "log-behind": "its data was used since this log was written",
  drift: "what runs is not what lastgood deployed"
} as const

/** As a reason not to go on. */
export const driftRefusal = (state: AppState, drift: Drift, standing: Standing): Refusal => ({
  gate: drift.kind,
  reason: `${titles[drift.kind]}: ${drift.what.join("; ")}`,
  next: nextOf(state, drift, standing)
})

const isTold = ({ drift: told }: AppState, drift: Drift): boolean =>
  told !== null && told.kind === drift.kind && told.what.join("\n") === drift.what.join("\n")

/**
 * What is recorded when the world was looked at: a disagreement once, with an alert, and its end.
 *
 * @param id tells this look apart from others: names the alert.
 */
export const driftEvents = (
  state: AppState,
  drift: Drift | null,
  standing: Standing,
  id: string
): ReadonlyArray<Event> => {
  if (drift === null) {
    if (state.drift === null) return []
    return [
      make("DriftResolved", { kind: state.drift.kind }),
      ...resolveAlerts(state, ["data-missing", "log-behind", "drift"], "what is there agrees with the log again")
    ]
  }
  if (isTold(state, drift)) return []
  const { gate, next: todo, reason } = driftRefusal(state, drift, standing)
  const next = nextText(state.app, todo)
  return [
    make("DriftDetected", { kind: drift.kind, what: [...drift.what], next }),
    make("AlertRaised", {
      alert: `${id}-${gate}`,
      subject: drift.kind,
      outcome: gate,
      attempted: state.attempt === null ? null : toOf(state.attempt),
      lastGood: state.lastGood,
      recovered: false,
      why: reason,
      next
    })
  ]
}

/** Recorded already (`driftEvents`): the answer alone. */
export const refuseDrift = (state: AppState, drift: Drift, standing: Standing): Decision => ({
  _tag: "Refused",
  refusal: driftRefusal(state, drift, standing),
  events: []
})
