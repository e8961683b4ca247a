/**
 * What lastgood does about a world that disagrees with its log (LAW-15, LAW-16): it begins nothing, says so once, and
 * names the ways out. Which of them is right is for an operator to say. Pure.
 */
import { resolveAlerts } from "./alerts.ts"
import { hasVersion } from "./answers.ts"
import type { Decision, Refusal } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import type { AppState } from "./State.ts"
import type { Drift } from "./World.ts"

const nextOf = (state: AppState, drift: Drift, isPresent: boolean): string => {
  const canRestore = state.snapshots.some((s) => s.verified !== false && hasVersion(s))
  const restore = "lastgood restore <app>"
  const giveUp = isPresent
    ? `lastgood promote <app> --version ${drift.usedBy ?? "<the version that runs>"} --without-data`
    : `lastgood deploy <app>${drift.usedBy === null ? "" : ` --to ${drift.usedBy}`} --without-data`
  switch (drift.kind) {
    case "data-missing":
      return canRestore
        ? `bring the data back (mount its disk), or: ${restore}. To go on with what is there now: ${giveUp}`
        : `bring the data back (mount its disk; there is no snapshot). To go on with what is there now: ${giveUp}`
    case "log-behind":
      return isPresent
        ? `if what runs now is right: lastgood promote <app> --version <the version that runs>${canRestore ? `. To return to a snapshot: ${restore}` : ""}`
        : `bring back the newer log (events.db), or go on with the data as it is: ${giveUp}${canRestore ? `. To return to a snapshot: ${restore}` : ""}`
    case "drift":
      if (drift.usedBy !== null) {
        return `${drift.usedBy} may have changed its data. To keep what runs now: lastgood promote <app> --version ${drift.usedBy}; to return to a snapshot: lastgood rollback <app>`
      }
      return `to keep what runs now: lastgood promote <app> --version <the version that runs>; to return to what lastgood deployed: lastgood deploy <app>`
  }
}

const titles = {
  "data-missing": "its data is not what lastgood left there",
  "log-behind": "its data was used since this log was written",
  drift: "what runs is not what lastgood deployed"
} as const

/** As a reason not to go on. `isPresent`: something of the app runs. */
export const driftRefusal = (state: AppState, drift: Drift, isPresent: boolean): Refusal => ({
  gate: drift.kind,
  reason: `${titles[drift.kind]}: ${drift.what.join("; ")}`,
  next: nextOf(state, drift, isPresent)
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
  isPresent: boolean,
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
  const { gate, next, reason } = driftRefusal(state, drift, isPresent)
  return [
    make("DriftDetected", { kind: drift.kind, what: [...drift.what], next }),
    make("AlertRaised", {
      alert: `${id}-${gate}`,
      subject: drift.kind,
      outcome: gate,
      attempted: state.attempt?.to ?? null,
      lastGood: state.lastGood,
      recovered: false,
      why: reason,
      next
    })
  ]
}

/** Recorded already (`driftEvents`): the answer alone. */
export const refuseDrift = (state: AppState, drift: Drift, isPresent: boolean): Decision => ({
  _tag: "Refused",
  refusal: driftRefusal(state, drift, isPresent),
  events: []
})
