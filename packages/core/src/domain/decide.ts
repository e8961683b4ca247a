/**
 * `decide`: a command on the state of its app. Pure and total. It only begins attempts and records an operator's decisions;
 * `advance` continues an attempt.
 */

import { openAlerts, subjectOf } from "./alerts.ts"
import { allOf } from "./allOf.ts"
import { begin, disagreement, hasVersion, record, reject, snapshotId, trusted } from "./answers.ts"
import type { Command, Decision, Observed, Refusal, UpgradeCommand } from "./Decision.ts"
import { decideRemove, removedData } from "./decideRemove.ts"
import { decideStop } from "./decideStop.ts"
import { decideTry } from "./decideTry.ts"
import { type Event, make } from "./Event.ts"
import { advise, type Next, nextText } from "./Next.ts"
import { namedBy } from "./namedBy.ts"
import { orList } from "./orList.ts"
import { deployPlan, rollbackPlan, snapshotPlan, upgradePlan } from "./Plan.ts"
import { approve, withdraw } from "./policy/approval.ts"
import { selectTarget } from "./policy/select.ts"
import type { Ref } from "./Ref.ts"
import { driftRefusal, refuseDrift } from "./refuseDrift.ts"
import type { AppState, SnapshotRecord } from "./State.ts"

import { iso } from "./time.ts"
import { compareVersions } from "./Version.ts"

type DeployCommand = Extract<Command, { _tag: "Deploy" }>

/** Gates whose reason contains what was seen at one moment, so that it differs with each pass. */
const measured: ReadonlyArray<string> = ["disk", "unhealthy"]

/**
 * A refusal is recorded once, or the log would grow with each pass of the reconciler. `hazardOf`: the command's id, if the
 * reason is a hazard that an operator has to remove (LAW-10) and not a gate that was set on purpose.
 */
const refuse = (state: AppState, to: Ref | null, refusal: Refusal, hazardOf?: string): Decision => {
  const last = state.refused
  const told =
    last !== null &&
    to !== null &&
    last.to.version === to.version &&
    last.gate === refusal.gate &&
    last.until === refusal.until &&
    (last.reason === refusal.reason || measured.includes(refusal.gate))
  if (to === null || told) return { _tag: "Refused", refusal, events: [] }
  const attempted: Ref = { version: to.version, commit: to.commit }
  const next = nextText(state.app, refusal.next)
  const refused = make("UpgradeRefused", { from: state.running, to: attempted, ...refusal, next })
  // There is an alert about the unhealthy app already.
  const isTold = refusal.gate === "unhealthy" && state.unhealthy !== null
  if (hazardOf === undefined || isTold) return { _tag: "Refused", refusal, events: [refused] }
  const alert = make("AlertRaised", {
    alert: `${hazardOf}-refused`,
    subject: subjectOf("refused", refusal.gate),
    outcome: "refused",
    attempted,
    lastGood: state.lastGood,
    recovered: true,
    why: refusal.reason,
    next
  })
  return { _tag: "Refused", refusal, events: [refused, alert] }
}

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

/** The decision about an app that is running; null: deploy it. */
const deployRunning = (state: AppState, command: DeployCommand): Decision | null => {
  const { envChanged, observed, to } = command
  if (observed.drift !== null || !observed.present || !observed.converged) return null
  if (state.running?.version === to.version && state.running.commit === to.commit) {
    return envChanged ? null : { _tag: "Nothing", why: `${to.version} is already running` }
  }
  // lastgood began to deploy it, and could not tell how that ended.
  const isOwn = observed.version === to.version && state.data?.version === to.version && state.data.commit === to.commit
  if (state.running === null && isOwn) return null
  return state.running === null
    ? reject("it is already running, but lastgood did not deploy it", { do: "Promote" })
    : reject(`${state.running.version} is already running`, { do: "Upgrade", to: to.version })
}

const olderThanData = (to: Ref, data: string, next: Next): Decision =>
  reject(
    `its data was last used by ${data}, and ${to.version} is older: lastgood never starts old code on new data`,
    next
  )

/** LAW-15: never automatically without the data that the log knows, or on data that it does not know. */
const driftOnDeploy = (state: AppState, { observed, to, withoutData }: DeployCommand): Decision | null => {
  const { drift } = observed
  if (drift === null) return null
  if (drift.kind === "drift") {
    const isOlder = drift.usedBy !== null && compareVersions(to.version, drift.usedBy) < 0
    return isOlder ? refuseDrift(state, drift, observed) : null
  }
  if (!withoutData) return refuseDrift(state, drift, observed)
  return drift.usedBy !== null && compareVersions(to.version, drift.usedBy) < 0
    ? olderThanData(to, drift.usedBy, { do: "Deploy", to: drift.usedBy, withoutData: true })
    : null
}

const deploy = (state: AppState, command: DeployCommand): Decision => {
  const { envChanged, observed, to, withoutData } = command
  const answered = driftOnDeploy(state, command) ?? deployRunning(state, command)
  if (answered !== null) return answered
  const gone = removedData(state)
  if (gone !== null && !withoutData) return reject(gone.reason, gone.next)
  // A failed first install may begin again without its data. Data with a snapshot is given up only by `--without-data`.
  const isFirst = state.snapshots.length === 0
  if (withoutData && gone === null && !isDataInDoubt(observed)) return nothingToGiveUp({ do: "Deploy" })
  // Only a lost volume is given up; the data of the other volumes is as new as before (LAW-2).
  const isGivenUp = withoutData ? !observed.holdsData : command.withoutVolumes && isFirst
  const data = isGivenUp ? null : state.data
  if (data !== null && compareVersions(to.version, data.version) < 0) {
    return olderThanData(
      to,
      data.version,
      isFirst
        ? advise`${{ do: "Deploy", to: data.version }} or a newer version; to start again without its data, remove its volumes`
        : advise`${{ do: "Rollback" }} (version and data), or ${{ do: "Deploy", to: data.version }}`
    )
  }
  // LAW-16: an unknown version may have changed the data, so its snapshot is not labelled with a version.
  const from = observed.drift === null ? data : null
  const plan = from === null || envChanged ? upgradePlan : deployPlan(from, to)
  // The same version on its own data takes no snapshot, so a filter is not a hazard.
  const hazard = allOf(command.hazards.filter((one) => plan.includes("snapshot") || !isOfFilter(one)))
  if (hazard !== undefined) return refuse(state, to, hazard, command.id)
  return begin(
    make("DeployAttempted", { from, to, snapshot: snapshotId(command), plan }),
    ...(withoutData ? [givenUp(observed)] : [])
  )
}

/** LAW-15: `--without-data` is only for data that is missing or newer than the log. */
const isDataInDoubt = ({ drift }: Observed): boolean => drift !== null && drift.kind !== "drift"

const nothingToGiveUp = (next: Next): Decision => reject("its data is not missing: --without-data does not apply", next)

/** LAW-15. `left`: another volume still holds data, which is as new as before (LAW-2). */
const givenUp = ({ drift, holdsData }: Observed): Event =>
  make("DataGivenUp", { what: drift?.what ?? [], ...(holdsData ? { left: true } : {}) })

/** LAW-15: whether the hazard is a filter that leaves out data a rollback would need. */
const isOfFilter = ({ gate }: Refusal): boolean => gate === "filter"

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

/** The snapshot for an operator's `rollback`: the last good version's if the data belongs to another version, else the one before it. */
const previousSnapshot = (state: AppState): SnapshotRecord | undefined => {
  const now = state.data ?? state.running
  const usable = trusted(state)
  const lastGood = state.lastGood
  if (lastGood !== null && now !== null && now.version !== lastGood.version) {
    const own = usable.findLast((s) => s.version === lastGood.version)
    if (own !== undefined) return own
  }
  return usable.findLast((s) => now === null || s.version !== now.version)
}

const goBack = (state: AppState, target: SnapshotRecord, reason: string): Decision => {
  const attempted = state.running ?? state.data
  const lastGood: Ref = { version: target.version, commit: target.commit }
  const start = make("RollbackStarted", {
    attempted,
    lastGood,
    snapshot: target.id,
    by: "operator",
    reason,
    plan: rollbackPlan({ to: lastGood, snapshot: target.id })
  })
  // Without a quarantine the reconciler would upgrade to it again on its next pass. Lost data says nothing about a version.
  const isMeant = state.drift?.kind !== "data-missing"
  return isMeant && attempted !== null && compareVersions(attempted.version, target.version) > 0
    ? begin(start, make("VersionQuarantined", { ...attempted, reason, failures: 1, until: null }))
    : begin(start)
}

const snapshotsListed = advise`${{ do: "Snapshots" }} lists the snapshots`

const back = (state: AppState, command: Extract<Command, { _tag: "Rollback" | "Restore" }>): Decision => {
  const named = command.snapshot
  const rollback = command._tag === "Rollback"
  const target =
    named !== null
      ? state.snapshots.find((s) => s.id === named)
      : rollback
        ? previousSnapshot(state)
        : trusted(state).at(-1)
  if (target === undefined) {
    return named !== null
      ? reject(`there is no snapshot ${named}`, snapshotsListed)
      : reject(
          rollback ? "there is no snapshot of an earlier version to roll back to" : "there is no snapshot",
          state.drift?.next ??
            (rollback ? snapshotsListed : advise`${snapshotsListed}; ${{ do: "Snapshot" }} takes one`)
        )
  }
  if (!hasVersion(target)) {
    return reject(
      `snapshot ${target.id} does not belong to a version, so no version can be started on its data`,
      snapshotsListed
    )
  }
  // The caller reads the refusal. Nothing happened, so nothing is recorded.
  const hazard = allOf(command.hazards)
  if (hazard !== undefined) return { _tag: "Refused", refusal: hazard, events: [] }
  return goBack(
    state,
    target,
    rollback ? "rolled back by the operator" : `snapshot ${target.id} restored by the operator`
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
  switch (command._tag) {
    case "Upgrade":
      return upgrade(state, command)
    case "Deploy":
      return deploy(state, command)
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
      return back(state, command)
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
