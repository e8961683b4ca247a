/**
 * `decide`: a command on the state of its app. Pure and total. It only begins attempts and records an operator's decisions;
 * `advance` continues an attempt.
 */
import { openAlerts } from "./alerts.ts"
import { allOf } from "./allOf.ts"
import { begin, disagreement, record, reject, snapshotId } from "./answers.ts"
import type { Command, Decision, UpgradeCommand } from "./Decision.ts"
import { decideDeploy } from "./decideDeploy.ts"
import { decideRemove } from "./decideRemove.ts"
import { decideRollback } from "./decideRollback.ts"
import { decideStop } from "./decideStop.ts"
import { decideTry } from "./decideTry.ts"
import { make } from "./Event.ts"
import { givenUp, isDataInDoubt, nothingToGiveUp } from "./givenUp.ts"
import { advise, type Next, nextText } from "./Next.ts"
import { namedBy } from "./namedBy.ts"
import { orList } from "./orList.ts"
import { snapshotPlan, upgradePlan } from "./Plan.ts"
import { approve, withdraw } from "./policy/approval.ts"
import { selectTarget } from "./policy/select.ts"
import type { Ref } from "./Ref.ts"
import { isOfFilter, refuse } from "./refuse.ts"
import { driftRefusal, refuseDrift } from "./refuseDrift.ts"
import { refusedAsRenamed } from "./renaming.ts"
import type { AppState } from "./State.ts"
import { iso } from "./time.ts"

const upgrade = (state: AppState, command: UpgradeCommand): Decision => {
  const { drift } = command.observed
  if (drift !== null) return refuseDrift(state, drift, command.observed)
  const wrong = disagreement(state, command.observed)
  if (wrong !== null) return wrong
  const from = state.running
  if (from === null) return reject("it is not running", { do: "Deploy" })
  const selection = selectTarget(state, from.version, command)
  if (selection._tag === "None") {
    const partly = command.observed.converged
      ? ""
      : advise`; but some of its services are not running: ${{ do: "Doctor" }}`
    return { _tag: "Nothing", why: selection.why + nextText(state.app, partly) }
  }
  if (selection._tag === "Gated") return refuse(state, selection.candidate, selection.refusal)
  const hazard = allOf(command.hazards)
  if (hazard !== undefined) return refuse(state, selection.target, hazard, command.id)
  const gate = command.gates[0]
  if (gate !== undefined) return refuse(state, selection.target, gate)
  const to: Ref = { version: selection.target.version, commit: selection.target.commit }
  // After the first event: an older lastgood that does not know this event still knows its attempt.
  const { acceptedNotes: notes, trigger } = command
  return begin(
    make("UpgradeAttempted", { from, to, trigger, snapshot: snapshotId(command), plan: upgradePlan }),
    ...(notes.length === 0 ? [] : [make("ReleaseNotesAccepted", { version: to.version, notes })])
  )
}

const snapshot = (state: AppState, command: Extract<Command, { _tag: "Snapshot" }>): Decision => {
  const of = state.running ?? state.data
  if (of === null) {
    return reject("lastgood does not know which version its data belongs to", { do: "Promote" })
  }
  const { drift, present } = command.observed
  if (drift !== null) return refuseDrift(state, drift, command.observed)
  if (present) {
    const wrong = disagreement(state, command.observed)
    if (wrong !== null) return wrong
    const hazard = allOf(command.hazards)
    if (hazard !== undefined) return refuse(state, of, hazard, command.id)
  }
  // An app that is down has no other hazards.
  const filter = command.hazards.find(isOfFilter)
  if (filter !== undefined) return refuse(state, of, filter, command.id)
  const plan = snapshotPlan({ purpose: "manual", up: present, capture: true })
  return begin(make("SnapshotAttempted", { of, purpose: "manual", snapshot: snapshotId(command), plan }))
}

const promote = (state: AppState, command: Extract<Command, { _tag: "Promote" }>): Decision => {
  const { observed, of, capture, teardown, withoutData } = command
  if (!observed.present) {
    const next: Next = observed.drift === null ? { do: "Deploy" } : driftRefusal(state, observed.drift, observed).next
    return reject("it is not running, so its health cannot be checked", next)
  }
  if (observed.version !== null && observed.version !== of.version) {
    return reject(`${observed.version} is running, not ${of.version}`, { do: "Promote", version: observed.version })
  }
  if (withoutData && !isDataInDoubt(observed)) return nothingToGiveUp({ do: "Promote" })
  // LAW-15: lost data never becomes the last good without `--without-data`.
  if (observed.drift?.kind === "data-missing" && !withoutData) return refuseDrift(state, observed.drift, observed)
  const hazard = allOf(command.hazards)
  if (capture && hazard !== undefined) return refuse(state, of, hazard, command.id)
  const plan = snapshotPlan({ purpose: "promote", up: !teardown, capture })
  return begin(
    make("SnapshotAttempted", { of, purpose: "promote", snapshot: snapshotId(command), plan }),
    ...(withoutData ? [givenUp(observed)] : [])
  )
}

/** @param version the name of one, or a part of it; null: all. */
const retry = ({ quarantined }: AppState, version: string | null): Decision => {
  const chosen = version === null ? quarantined : namedBy(quarantined, version)
  if (version !== null && quarantined.length > 0 && new Set(chosen.map((q) => q.version)).size !== 1) {
    const which = orList([...new Set(quarantined.map((q) => q.version))])
    return reject(`${version} is not the name of one quarantined version`, `name one of them: ${which}`)
  }
  const [first, ...rest] = chosen.map((q) => make("QuarantineLifted", { version: q.version }))
  return first === undefined
    ? { _tag: "Nothing", why: version === null ? "no version is quarantined" : `${version} is not quarantined` }
    : record(first, ...rest)
}

const hold = ({ now, reason, until }: Extract<Command, { readonly _tag: "Hold" }>): Decision =>
  until !== null && until <= now
    ? reject(`the hold would end in the past: ${iso(until)}`, "give a time to come, or none")
    : record(make("AppHeld", { reason, until: until === null ? null : iso(until) }))

/** @param alert an id, or a prefix that only one open alert has. */
const acknowledge = (state: AppState, { alert, by }: Extract<Command, { readonly _tag: "Acknowledge" }>): Decision => {
  const open = openAlerts(state)
  const chosen = alert === null ? open : open.filter(({ id }) => id.startsWith(alert))
  if (alert !== null && open.length > 0 && chosen.length !== 1) {
    const named = alert === "" ? "" : ` with an id that begins with ${alert}`
    const all = advise`acknowledge one by its id (${{ do: "Alerts" }} lists them), or all of them with --all`
    return reject(
      chosen.length === 0 ? `there is no open alert${named}` : `there are ${chosen.length} open alerts${named}`,
      all
    )
  }
  const [first, ...rest] = chosen.map(({ id }) => make("AlertAcknowledged", { alert: id, by }))
  return first === undefined ? { _tag: "Nothing", why: "no alert is open" } : record(first, ...rest)
}

/** Asked only while no attempt is in flight: `advance` finishes that first. */
export const decide = (state: AppState, command: Command): Decision => {
  const isUnobserved = ["Hold", "Release", "Retry", "Acknowledge", "Withdraw"].includes(command._tag)
  if (state.foreignAttempt !== null && !isUnobserved) {
    return reject(
      `a newer lastgood began attempt ${state.foreignAttempt}, which this version of lastgood does not know`,
      advise`finish it with the newer lastgood: ${{ do: "Upgrade" }}`
    )
  }
  if (state.renamed !== undefined) return reject(...refusedAsRenamed(state.renamed))
  switch (command._tag) {
    case "Upgrade":
      return upgrade(state, command)
    case "Deploy":
      return decideDeploy(state, command)
    case "Snapshot":
      return snapshot(state, command)
    case "Stop":
      return decideStop(state, command)
    case "Remove":
      return decideRemove(state, command)
    case "Promote":
      return promote(state, command)
    case "Try":
      return decideTry(state, command)
    case "Rollback":
    case "Restore":
      return decideRollback(state, command)
    case "Hold":
      return hold(command)
    case "Release":
      return state.held === null ? { _tag: "Nothing", why: "it is not held" } : record(make("AppReleased", {}))
    case "Approve":
      return approve(state, command)
    case "Withdraw":
      return withdraw(state, command.version)
    case "Retry":
      return retry(state, command.version)
    case "Acknowledge":
      return acknowledge(state, command)
  }
}
