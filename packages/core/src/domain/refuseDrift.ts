/**
 * The response to drift (LAW-15, LAW-16): begin no attempt, raise one alert, and name the remedies. The operator chooses
 * between them. Pure.
 */
import { toOf } from "./Attempt.ts"
import { resolveAlerts } from "./alerts.ts"
import { trusted } from "./answers.ts"
import type { Decision, Refusal } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import { advise, type Do, type Next, nextText } from "./Next.ts"
import type { AppState } from "./State.ts"
import type { Drift } from "./World.ts"

/** Whether the app runs, and the version that it reports (null: none, or its services differ). */
export interface SeenState {
  readonly present: boolean
  readonly version: string | null
}

/** LAW-15: names the snapshot that a plain `restore` would use. */
const restoreOf = (state: AppState): Next | null => {
  const target = trusted(state).at(-1)
  return target === undefined ? null : advise`${{ do: "Restore" }} (snapshot ${target.id} of ${target.version})`
}

const nextOf = (state: AppState, drift: Drift, { present, version }: SeenState): Next => {
  const restore = restoreOf(state)
  const { data, lastGood } = state
  // The operator has to name the version of the data if it is not the last good one.
  const of = drift.usedBy ?? (data !== null && data.version !== lastGood?.version ? data.version : null)
  const giveUp: Do = present
    ? { do: "Promote", version, withoutData: true }
    : { do: "Deploy", to: of, withoutData: true }
  const back = restore === null ? "" : advise`. To return to a snapshot: ${restore}`
  switch (drift.kind) {
    case "data-missing":
      return restore !== null
        ? advise`bring the data back (mount its disk), or restore it: ${restore}. To continue with the present data: ${giveUp}`
        : advise`bring the data back (mount its disk; there is no snapshot). To continue with the present data: ${giveUp}`
    case "log-behind":
      return present
        ? advise`bring back the newer log (events.db), or, if the running version is right: ${{ do: "Promote", version }}${back}`
        : advise`bring back the newer log (events.db), or continue with the present data: ${giveUp}${back}`
    case "drift":
      if (state.down?.stopped !== undefined && drift.usedBy === null) {
        const down: Next = version === data?.version ? { do: "Stop" } : "take it down the way it was started"
        return advise`to keep it stopped: ${down}; to keep the running version: ${{ do: "Promote", version }}; to start the version that lastgood stopped: ${{ do: "Start" }}`
      }
      return drift.usedBy !== null
        ? advise`${drift.usedBy} may have changed its data. To keep the running version: ${{ do: "Promote", version: drift.usedBy }}; to return to a snapshot: ${{ do: "Rollback" }}`
        : advise`to keep the running version: ${{ do: "Promote", version }}; to return to the version that lastgood deployed: ${{ do: "Deploy" }}`
  }
}

const titles = {
  "data-missing": "its data is not what lastgood left there",
  "log-behind": "its data is newer than this log",
  drift: "the running app is not what lastgood deployed"
} as const

/** Drift as a refusal. */
export const driftRefusal = (state: AppState, drift: Drift, standing: SeenState): Refusal => ({
  gate: drift.kind,
  reason: `${titles[drift.kind]}: ${drift.what.join("; ")}`,
  next: nextOf(state, drift, standing)
})

const isTold = ({ drift: told }: AppState, drift: Drift): boolean =>
  told !== null && told.kind === drift.kind && told.what.join("\n") === drift.what.join("\n")

/**
 * The events after the world was compared with the log: new drift with its alert, or the end of drift.
 *
 * @param id unique for this comparison; the alert is named after it.
 */
export const driftEvents = (
  state: AppState,
  drift: Drift | null,
  standing: SeenState,
  id: string
): ReadonlyArray<Event> => {
  if (drift === null) {
    if (state.drift === null) return []
    return [
      make("DriftResolved", { kind: state.drift.kind }),
      ...resolveAlerts(state, ["data-missing", "log-behind", "drift"], "the app and its data agree with the log again")
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

/** Refuses because of drift. `driftEvents` has recorded it already. */
export const refuseDrift = (state: AppState, drift: Drift, standing: SeenState): Decision => ({
  _tag: "Refused",
  refusal: driftRefusal(state, drift, standing),
  events: []
})
