/**
 * `evolve`: one event onto the state of its app. Pure and total: no clock, no I/O, every event accepted in every state
 * (a log is read, not judged). An unknown event changes only the stream's version, and records that its attempt is in flight.
 */
import { kindOf } from "./Attempt.ts"
import { afterAlertEvent, isLive, type Keep } from "./alerts.ts"
import { without } from "./descent.ts"
import { downtimesAfter } from "./downtime.ts"
import { type Event, isUnknown, type UnknownEvent } from "./Event.ts"
import { nothingErasedError } from "./erasable.ts"
import { afterSinkEvent } from "./failingSinks.ts"
import {
  begin,
  fail,
  finish,
  rollbackStarted,
  stepStarted,
  withAttempt,
  withBack,
  withForward
} from "./folding/attempt.ts"
import {
  approvedBeyond,
  attemptEnded,
  committedAs,
  refusedBeyond,
  refusedBut,
  rollbackFailed,
  rolledBack,
  runningAfterUndeploy,
  stoppedIn
} from "./folding/outcomes.ts"
import { erased, eraseStarted, nothingErased, removed } from "./folding/removal.ts"
import { continuedAs, endedBy } from "./folding/renaming.ts"
import * as snapshots from "./folding/snapshots.ts"
import { hasMarked } from "./marks.ts"
import { type AppState, initialStateOf } from "./State.ts"

/** The part of the envelope that the fold needs. */
export interface Recorded {
  readonly version: number
  readonly at: string
  readonly attempt: string | null
  readonly event: Event | UnknownEvent
}

const apply = (state: AppState, event: Event, { at, attempt, version }: Recorded, keep: Keep): AppState => {
  switch (event.type) {
    case "AppRegistered":
      return { ...state, registered: event.data }
    case "UpgradeAttempted":
      return {
        ...state,
        attempt: begin(state, attempt, at, event),
        approved: approvedBeyond(state, event.data.to.version),
        refused: null
      }
    case "DeployAttempted":
      return {
        ...state,
        attempt: begin(state, attempt, at, event),
        approved: approvedBeyond(state, event.data.to.version),
        refused: refusedBeyond(state, event.data.to.version)
      }
    case "SnapshotAttempted":
      return { ...state, attempt: begin(state, attempt, at, event), refused: refusedBut(state, event.data.of) }
    case "TryAttempted":
    case "StopAttempted":
    case "RemoveAttempted":
      return { ...state, attempt: begin(state, attempt, at, event) }
    case "RollbackStarted":
      return rollbackStarted(state, event.data, attempt, at)
    case "StepStarted":
      return event.data.step === "erase"
        ? eraseStarted(stepStarted(state, event.data, at))
        : stepStarted(state, event.data, at)
    case "StepDone":
      return finish(state, event.data.step)
    case "StepFailed":
      return fail(event.data.error === nothingErasedError ? nothingErased(state) : state, event.data)
    case "AttemptWaiting":
      return withBack(state, (a) => ({ ...a, waiting: event.data }))
    case "HookRan": {
      const { step, when, ok } = event.data
      return when === "before" && ok ? withAttempt(state, (a) => ({ ...a, hooked: step })) : state
    }
    case "ReleaseNotesAccepted":
      return state
    case "Prefetched":
      return finish(state, "prefetch")
    case "Undeployed":
      return finish({ ...state, running: runningAfterUndeploy(state), ...stoppedIn(state, at) }, "undeploy")
    case "SnapshotTaken":
      return snapshots.taken(state, event.data, attempt, at)
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
      const next = withForward(state, (a) => (a.kind === "try" ? { ...a, command: event.data } : a))
      return ok ? finish(next, "command") : fail(next, { step: "command", error: event.type, reason, next: "" })
    }
    case "UpgradeCommitted":
    case "SnapshotPromoted":
      return committedAs(state, event.data, at, keep)
    case "SnapshotStaged":
      return finish(state, "stage")
    case "DataSetAside":
      return snapshots.setAside(state, event.data, attempt, at)
    case "SnapshotRestored":
      return snapshots.restored(state, event.data)
    case "AppRemoved":
      return removed(state, event.data, at)
    case "DataRemoved":
      return erased(state)
    case "RolledBack":
      return rolledBack(state, event.data, at, keep)
    case "RollbackFailed":
      return rollbackFailed(state, event.data)
    case "AttemptEnded":
      return attemptEnded(state, event.data, attempt, at, keep)
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
    case "SinkFailed":
    case "SinkRecovered":
      return { ...state, failing: afterSinkEvent(state.failing, event, at) }
    case "SnapshotAdopted":
      return snapshots.adopted(state, event.data)
    case "SnapshotVerified":
      return snapshots.verified(state, event.data)
    case "SnapshotLeftOut":
      return snapshots.leftOut(state, event.data)
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
      return snapshots.worldNoted(state, event.data)
    case "DataFoldersNoted":
      return { ...state, folders: event.data.paths, external: event.data.external }
    case "DriftDetected": {
      const { kind, what, next } = event.data
      return { ...state, drift: { kind, what, next, since: at } }
    }
    case "DriftResolved":
      return { ...state, drift: null }
    case "DataGivenUp":
      return { ...state, data: event.data.left === true ? state.data : null, tip: null, noted: null }
    case "AppHeld":
      return { ...state, held: event.data }
    case "AppReleased":
      return { ...state, held: null, refused: null }
    case "HoldExpired":
      return { ...state, held: null, refused: state.refused?.gate === "held" ? null : state.refused }
    case "VersionApproved":
      return { ...state, approved: { ...event.data, at }, refused: refusedBut(state, event.data) }
    case "ApprovalWithdrawn":
      return { ...state, approved: null }
    case "BreakerClosed":
      return { ...state, breakerClosedAt: at }
    case "AppContinued":
      return continuedAs(state, event.data)
    case "AppRenamed":
    case "AppForgotten":
    case "ForgettingNoted":
      return state
  }
}

/** An attempt that a newer lastgood began with an unknown event is in flight, so no other attempt may begin. */
const foreignAfter = (state: AppState, { attempt, event }: Recorded): string | null => {
  if (isUnknown(event)) return attempt !== null && attempt !== state.attempt?.id ? attempt : state.foreignAttempt
  const ends = event.type === "AttemptEnded" || event.type === "AttemptAbandoned"
  return ends && attempt === state.foreignAttempt ? null : state.foreignAttempt
}

const downtimesOf = ({ attempt, downtimes }: AppState, event: Event, recorded: Recorded): AppState["downtimes"] => {
  if (attempt === null || recorded.attempt !== attempt.id) return downtimes
  const kind = kindOf(attempt)
  // An operator who stops an app wants it down.
  if (kind === "stop" || kind === "remove") return downtimes
  // An app that is adopted runs, but the log does not know it yet.
  const wasUp = attempt.wasRunning || kind === "promote"
  return downtimesAfter(downtimes, event, { id: attempt.id, wasUp }, recorded.at)
}

/** @param keep which alerts stay in the state: only live ones, or all for the history. */
export const evolve = (state: AppState, recorded: Recorded, keep: Keep = isLive): AppState => {
  const { event } = recorded
  const ended = isUnknown(event) ? null : endedBy(state.app, event)
  if (ended !== null) return { ...ended, version: recorded.version }
  // Another app has taken the name.
  if (state.renamed !== undefined) return evolve(initialStateOf(state.app), recorded, keep)
  const next = isUnknown(event) ? state : apply(state, event, recorded, keep)
  // An abandoned attempt's event has the time when it was found, not when it last worked.
  const isWork = recorded.attempt !== null && event.type !== "AttemptAbandoned"
  const workedAt = isWork ? recorded.at : state.workedAt
  const downtimes = isUnknown(event) ? state.downtimes : downtimesOf(state, event, recorded)
  return { ...next, downtimes, foreignAttempt: foreignAfter(state, recorded), workedAt, version: recorded.version }
}

export const fold = (events: Iterable<Recorded>, from: AppState, keep: Keep = isLive): AppState => {
  let state = from
  for (const recorded of events) state = evolve(state, recorded, keep)
  return state
}
