/**
 * `evolve`: one event onto the state of its app. Pure and total: no clock, no I/O, every event accepted in every state
 * (a log is read, not judged); an event that this lastgood does not know changes nothing but the stream's version, and that its attempt is in flight.
 */
import { type AlertSubject, afterAlertEvent, isLive, type Keep, resolvedBy } from "./alerts.ts"
import { without } from "./descent.ts"
import { type DataOf, type Event, isUnknown, type UnknownEvent } from "./Event.ts"
import { hasMarked, willMark, willMarkEnded } from "./marks.ts"
import type { Ref } from "./Ref.ts"
import type { AppState, Attempt, Failure, Outcome, SnapshotRecord } from "./State.ts"
import { initialState, isProvenWell } from "./State.ts"
import { isTry, recoveredAs, triedIn } from "./trying.ts"
import { compareVersions } from "./Version.ts"

/** What of the envelope the fold needs. */
export interface Recorded {
  readonly version: number
  readonly at: string
  readonly attempt: string | null
  readonly event: Event | UnknownEvent
}

const begin = (
  state: AppState,
  id: string | null,
  at: string,
  start: Pick<Attempt, "kind" | "from" | "to" | "plan" | "snapshot">
): Attempt => ({
  id: id ?? "",
  startedAt: at,
  wasRunning: state.running !== null,
  over: state.drift?.kind ?? null,
  direction: "forward",
  done: [],
  current: null,
  failed: null,
  failures: 0,
  hooked: null,
  deployBegun: false,
  deployMs: null,
  snapshotTaken: false,
  command: null,
  broke: null,
  back: null,
  waiting: null,
  outcome: null,
  why: "",
  ...start
})

const withAttempt = (state: AppState, change: (attempt: Attempt) => Attempt): AppState =>
  state.attempt === null ? state : { ...state, attempt: change(state.attempt) }

const finish = (state: AppState, step: string): AppState =>
  withAttempt(state, (a) =>
    a.done.includes(step)
      ? a
      : { ...a, done: [...a.done, step], current: null, failed: null, failures: 0, hooked: null, waiting: null }
  )

const fail = (state: AppState, failure: Failure): AppState =>
  withAttempt(state, (a) => ({ ...a, failed: failure, failures: a.failures + 1, hooked: null }))

const replaceWhere = <A>(
  items: ReadonlyArray<A>,
  where: (item: A) => boolean,
  change: (item: A) => A
): ReadonlyArray<A> => items.map((item) => (where(item) ? change(item) : item))

/** A step that runs again takes its snapshot under the same name. */
const parentOf = ({ snapshots, tip }: AppState, snapshot: string): string | null =>
  tip === snapshot ? (snapshots.find(({ id }) => id === snapshot)?.parent ?? null) : tip

/** The folders that were swapped in are others: noted anew with the next passed gate. */
const withoutFolders = (noted: AppState["noted"], names: ReadonlyArray<string>): AppState["noted"] =>
  noted === null
    ? null
    : {
        ...noted,
        volumes: noted.volumes.map((v) =>
          names.includes(v.name) ? { ...v, inode: null, created: null, held: false } : v
        )
      }

const committed: ReadonlyArray<AlertSubject> = [
  "attempt",
  "refused",
  "unhealthy",
  "drift",
  "data-missing",
  "log-behind"
]

/** The version that came back was seen healthy; the data is there again if it was put back with it. */
const resolvedByReturn = (state: AppState, ref: Ref, at: string, keep: Keep): AppState => {
  const data: ReadonlyArray<AlertSubject> = state.attempt?.back?.snapshot == null ? [] : ["data-missing", "log-behind"]
  return resolvedBy(
    state,
    { at, by: `${ref.version} is running and healthy`, ref },
    ["unhealthy", "drift", ...data],
    keep
  )
}

/** A snapshot of an app that came up again after it. */
const resolvedByEnd = (state: AppState, outcome: Outcome, at: string, keep: Keep): AppState => {
  const a = state.attempt
  if (a?.kind !== "snapshot" || a.to === null || outcome !== "done") return state
  const up: ReadonlyArray<AlertSubject> = a.plan.includes("deploy") ? ["unhealthy"] : []
  return resolvedBy(state, { at, by: "a snapshot was taken", ref: a.to }, ["attempt", "refused", ...up], keep)
}

/** What is begun now is not held back any more: should the same hold it back again, that is told again. */
const refusedBut = ({ refused }: AppState, of: Ref): AppState["refused"] =>
  refused?.to.version === of.version ? null : refused

/** What held back a version is over once that version, or a newer one, has passed the gates or runs. */
const refusedBeyond = ({ refused }: AppState, version: string): AppState["refused"] =>
  refused !== null && compareVersions(refused.to.version, version) > 0 ? refused : null

/** A teardown: the app was seen healthy, and was then taken down for its snapshot and for good. */
const isTakenDown = (a: Attempt | null): boolean =>
  a?.kind === "promote" && a.snapshotTaken && !a.plan.includes("deploy")

/** A snapshot of an app that is down takes nothing down: one that should run is still brought back (LAW-10). */
const runningAfterUndeploy = ({ attempt, running }: AppState): Ref | null =>
  attempt?.kind === "snapshot" && !attempt.plan.includes("deploy") ? running : null

const takenDown = { reason: "it was taken down as the last good version", next: "lastgood deploy <app>", asked: true }

/** What the watch has seen is over when that is recorded too: it was told, so its end is. */
const unhealthyAfter = ({ unhealthy }: AppState, { outcome, why }: DataOf<"AttemptEnded">, at: string) => {
  if (outcome === "unhealthy") return unhealthy ?? { since: at, what: why, seenBy: "attempt" as const }
  return unhealthy?.seenBy === "attempt" && isProvenWell(outcome) ? null : unhealthy
}

const apply = (
  state: AppState,
  { at, attempt, event, version }: Recorded & { readonly event: Event },
  keep: Keep
): AppState => {
  switch (event.type) {
    case "AppRegistered":
      return { ...state, registered: event.data }
    case "UpgradeAttempted":
      return { ...state, attempt: begin(state, attempt, at, { kind: "upgrade", ...event.data }), refused: null }
    case "DeployAttempted":
      return {
        ...state,
        attempt: begin(state, attempt, at, { kind: "deploy", ...event.data }),
        refused: refusedBeyond(state, event.data.to.version)
      }
    case "SnapshotAttempted": {
      const { of, purpose, snapshot, plan } = event.data
      const kind = purpose === "promote" ? "promote" : "snapshot"
      const begun = begin(state, attempt, at, { kind, from: of, to: of, plan, snapshot })
      return { ...state, attempt: begun, refused: refusedBut(state, of) }
    }
    case "TryAttempted": {
      const { from, to, plan, snapshot } = event.data
      return { ...state, attempt: begin(state, attempt, at, { kind: "try", from, to, plan, snapshot }) }
    }
    case "RollbackStarted": {
      const { attempted, lastGood, snapshot, by, reason, plan } = event.data
      const base =
        state.attempt ??
        begin(state, attempt, at, { kind: "rollback", from: attempted, to: lastGood, plan, snapshot: snapshot ?? "" })
      return {
        ...state,
        attempt: {
          ...base,
          direction: "back",
          plan,
          done: [],
          current: null,
          failed: null,
          failures: 0,
          hooked: null,
          waiting: null,
          broke: base.direction === "back" ? base.broke : base.failed,
          back: { attempted, to: lastGood, snapshot, by, reason }
        }
      }
    }
    case "StepStarted": {
      const { step } = event.data
      const next = withAttempt(state, (a) => ({
        ...a,
        current: { step, try: event.data.try, since: a.current?.step === step ? a.current.since : at },
        failed: null,
        deployBegun: a.deployBegun || (step === "deploy" && a.direction === "forward")
      }))
      const target = next.attempt?.direction === "back" ? next.attempt.back?.to : next.attempt?.to
      if (step === "restore" || step === "check") return willMark(next)
      if (step === "tidy") return willMarkEnded(next)
      return step === "deploy" && target ? { ...willMark(next), data: target, down: null } : next
    }
    case "StepDone":
      return finish(state, event.data.step)
    case "StepFailed":
      return fail(state, event.data)
    case "AttemptWaiting":
      return withAttempt(state, (a) => ({ ...a, waiting: event.data }))
    case "HookRan": {
      const { step, when, ok } = event.data
      return when === "before" && ok ? withAttempt(state, (a) => ({ ...a, hooked: step })) : state
    }
    case "ReleaseNotesAccepted":
      return state
    case "Prefetched":
      return finish(state, "prefetch")
    case "Undeployed":
      return finish({ ...state, running: runningAfterUndeploy(state) }, "undeploy")
    case "SnapshotTaken": {
      const { snapshot, version, commit, bytes, volumes } = event.data
      const record: SnapshotRecord = {
        id: snapshot,
        version,
        commit,
        at,
        bytes,
        attempt,
        volumes: volumes.map(({ name, crc }) => ({ name, crc })),
        spent: isTry(state),
        verified: null,
        parent: parentOf(state, snapshot),
        floor: state.data
      }
      const others = state.snapshots.filter((s) => s.id !== snapshot)
      return finish(
        withAttempt({ ...state, snapshots: [...others, record], tip: snapshot }, (a) => ({
          ...a,
          snapshotTaken: true
        })),
        "snapshot"
      )
    }
    case "Deployed": {
      const ref = { version: event.data.version, commit: event.data.commit }
      const deployed = withAttempt(state, (a) => ({ ...a, deployMs: event.data.tookMs }))
      const noted = state.noted === null ? null : { ...state.noted, services: null }
      return finish({ ...hasMarked(deployed), running: ref, deployed: true, down: null, noted }, "deploy")
    }
    case "DeployFailed":
      return fail(state, { step: "deploy", error: event.type, reason: event.data.reason, next: event.data.next })
    case "HealthPassed":
      return finish(state, state.attempt?.current?.step ?? "health")
    case "HealthFailed": {
      const step = state.attempt?.current?.step ?? "health"
      return fail(state, { step, error: event.type, reason: event.data.reason, next: "" })
    }
    case "CommandEnded": {
      const { ok, reason } = event.data
      const next = withAttempt(state, (a) => ({ ...a, command: event.data }))
      return ok ? finish(next, "command") : fail(next, { step: "command", error: event.type, reason, next: "" })
    }
    case "UpgradeCommitted":
    case "SnapshotPromoted": {
      const ref = { version: event.data.version, commit: event.data.commit }
      const isDown = isTakenDown(state.attempt)
      const by = `${ref.version} is the last good version`
      const next: AppState = {
        ...resolvedBy(state, { at, by, ref }, committed, keep),
        running: isDown ? null : ref,
        deployed: state.deployed && state.attempt?.done.includes("deploy") === true,
        data: ref,
        lastGood: ref,
        lastGoodAt: at,
        down: isDown ? takenDown : null,
        unhealthy: isDown ? null : state.unhealthy,
        refused: refusedBeyond(state, ref.version),
        quarantined: state.quarantined.filter((q) => q.version !== ref.version)
      }
      return finish(
        withAttempt(next, (a) => ({ ...a, outcome: "committed" })),
        "commit"
      )
    }
    case "SnapshotStaged":
      return finish(state, "stage")
    case "DataSetAside":
      return {
        ...state,
        aside: [
          ...state.aside.filter((x) => x.attempt !== attempt),
          { attempt: attempt ?? "", at, tried: isTry(state), ...event.data }
        ]
      }
    case "SnapshotRestored": {
      const { snapshot, version, volumes } = event.data
      const restored = state.snapshots.find((s) => s.id === snapshot)
      // One that was taken before the first install holds no version's data.
      const data = restored?.commit ? { version, commit: restored.commit } : (restored?.floor ?? null)
      const noted = withoutFolders(state.noted, volumes)
      return finish({ ...hasMarked(state), data, tip: snapshot, noted }, "restore")
    }
    case "RolledBack": {
      const { lastGood, recovered, reason } = event.data
      const upgraded = state.attempt?.kind === "upgrade" ? state.attempt.snapshot : null
      const snapshots = state.snapshots.map((s) => (recovered && s.id === upgraded ? { ...s, spent: true } : s))
      const next: AppState =
        recovered && lastGood !== null
          ? { ...resolvedByReturn(state, lastGood, at, keep), snapshots, lastGood, lastGoodAt: at }
          : { ...state, snapshots }
      const outcome = recovered ? recoveredAs(state.attempt) : "unhealthy"
      return finish(
        withAttempt(next, (a) => ({ ...a, outcome, why: reason })),
        "conclude"
      )
    }
    case "RollbackFailed": {
      const { leftDown, reason, next } = event.data
      const down = leftDown ? { reason, next, asked: false } : state.down
      return finish(
        withAttempt({ ...state, down, unhealthy: leftDown ? null : state.unhealthy }, (a) => ({
          ...a,
          outcome: leftDown ? "left-down" : "unhealthy",
          why: reason
        })),
        "conclude"
      )
    }
    case "AttemptEnded": {
      const leftOut = state.snapshots.find((s) => s.id === state.attempt?.back?.snapshot)?.leftOut
      return {
        ...resolvedByEnd(state, event.data.outcome, at, keep),
        attempt: null,
        unhealthy: unhealthyAfter(state, event.data, at),
        lastOutcome: {
          attempt: attempt ?? "",
          ...event.data,
          at,
          tried: triedIn(state),
          ...(leftOut === undefined ? {} : { leftOut })
        }
      }
    }
    case "AttemptAbandoned":
      return {
        ...state,
        attempt: null,
        lastOutcome: { attempt: attempt ?? "", outcome: "unknown", why: event.data.why, at, tried: null }
      }
    case "UpgradeRefused":
      return { ...state, refused: event.data }
    case "VersionQuarantined":
      return {
        ...state,
        quarantined: [...state.quarantined.filter((q) => q.version !== event.data.version), event.data]
      }
    case "QuarantineLifted":
      return { ...state, quarantined: state.quarantined.filter((q) => q.version !== event.data.version), refused: null }
    case "AlertRaised":
    case "AlertDelivered":
    case "AlertResolved":
    case "AlertAcknowledged":
    case "AlertSinksConfigured":
      return afterAlertEvent(state, event, { at, version }, keep)
    case "SnapshotAdopted": {
      const { snapshot, version, commit, bytes, volumes } = event.data
      const record: SnapshotRecord = {
        id: snapshot,
        version,
        commit,
        at: event.data.at,
        bytes,
        attempt: null,
        volumes: volumes.map((name) => ({ name, crc: "" })),
        spent: false,
        verified: null,
        parent: parentOf(state, snapshot),
        floor: null
      }
      return { ...state, snapshots: [...state.snapshots.filter((s) => s.id !== snapshot), record], tip: snapshot }
    }
    case "SnapshotVerified": {
      const { snapshot, ok } = event.data
      const next = {
        ...state,
        snapshots: replaceWhere(
          state.snapshots,
          (s) => s.id === snapshot,
          (s) => ({ ...s, verified: ok })
        )
      }
      return state.attempt?.current?.step === "seal" ? finish(next, "seal") : next
    }
    case "SnapshotLeftOut": {
      const { snapshot, volumes: leftOut } = event.data
      const isIt = (s: SnapshotRecord) => s.id === snapshot
      return { ...state, snapshots: replaceWhere(state.snapshots, isIt, (s) => ({ ...s, leftOut })) }
    }
    case "SnapshotPruned":
      return { ...state, ...without(state, event.data.snapshot) }
    case "AsidePruned":
      return { ...state, aside: state.aside.filter((x) => x.attempt !== event.data.attempt) }
    case "AppUnhealthy": {
      const { since, what } = event.data
      return { ...state, unhealthy: { since, what, seenBy: "watch" } }
    }
    case "AppRecovered":
      return { ...state, unhealthy: null }
    case "WorldNoted":
      return { ...hasMarked(state), noted: event.data, drift: null }
    case "DriftDetected": {
      const { kind, what, next } = event.data
      return { ...state, drift: { kind, what, next, since: at } }
    }
    case "DriftResolved":
      return { ...state, drift: null }
    case "DataGivenUp":
      return { ...state, data: null, tip: null, noted: null }
    case "AppHeld":
      return { ...state, held: event.data }
    case "AppReleased":
      return { ...state, held: null, refused: null }
  }
}

/** What a newer lastgood began with an event of its own is in flight all the same: nobody else may begin beside it. */
const foreignAfter = (state: AppState, { attempt, event }: Recorded): string | null => {
  if (isUnknown(event)) return attempt !== null && attempt !== state.attempt?.id ? attempt : state.foreignAttempt
  const ends = event.type === "AttemptEnded" || event.type === "AttemptAbandoned"
  return ends && attempt === state.foreignAttempt ? null : state.foreignAttempt
}

/** @param keep which alerts stay in the state: those that are live, or for their history every one. */
export const evolve = (state: AppState, recorded: Recorded, keep: Keep = isLive): AppState => {
  const { event } = recorded
  const next = isUnknown(event) ? state : apply(state, { ...recorded, event }, keep)
  // That an attempt is given up says when it was found, not when it worked.
  const isWork = recorded.attempt !== null && event.type !== "AttemptAbandoned"
  const workedAt = isWork ? recorded.at : state.workedAt
  return { ...next, foreignAttempt: foreignAfter(state, recorded), workedAt, version: recorded.version }
}

export const fold = (events: Iterable<Recorded>, from: AppState = initialState, keep: Keep = isLive): AppState => {
  let state = from
  for (const recorded of events) state = evolve(state, recorded, keep)
  return state
}
