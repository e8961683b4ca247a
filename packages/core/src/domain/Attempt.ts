/**
 * An attempt that has not ended: forward, of one kind, or back. Each has its own fields and no others, so the compiler
 * names every place that must handle a new kind.
 */
import type { DataOf } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import type { DriftKind } from "./World.ts"

/** The outcome of an attempt that was not abandoned. */
export type Ending = "committed" | "done" | "recovered" | "unhealthy" | "left-down" | "refused" | "failed"

export interface Failure {
  readonly step: string
  /** Tag of the error. For a failed deploy or health gate, the type of its event. */
  readonly error: string
  readonly reason: string
  readonly next: string
}

/** Fields of every attempt. */
interface InFlight {
  readonly id: string
  readonly startedAt: string
  /** The app was supposed to run when the attempt began, so a failed attempt starts it again. */
  readonly wasRunning: boolean
  /** LAW-16: the drift that an operator accepted by beginning it. */
  readonly over: DriftKind | null
  /** The steps of the current direction, from the log. */
  readonly plan: ReadonlyArray<string>
  readonly done: ReadonlyArray<string>
  /** The step whose intent is in the log and whose evidence is not. `since`: when it first began. */
  readonly current: { readonly step: string; readonly try: number; readonly since: string } | null
  /** A failure that was recorded and is not handled yet. */
  readonly failed: Failure | null
  /** How often in a row the current step failed. A step during which lastgood died has not failed. */
  readonly failures: number
  /** The step whose `before` hook has passed. The hook does not run again if lastgood died during that step. */
  readonly hooked: string | null
  /** How long the deploy of the current direction took. The health gate has the rest of the deadline. */
  readonly deployMs: number | null
  readonly outcome: Ending | null
  readonly why: string
}

/** Fields of every attempt that is going forward. */
export interface Outbound extends InFlight {
  readonly direction: "forward"
  /** LAW-2: the deploy of the new version has begun, so it may have changed the data. */
  readonly deployBegun: boolean
  /** The id of the snapshot that this attempt captures. */
  readonly snapshot: string
  readonly snapshotTaken: boolean
}

interface UpgradeForward extends Outbound {
  readonly kind: "upgrade"
  readonly from: Ref | null
  readonly to: Ref
  readonly trigger: string
}

interface DeployForward extends Outbound {
  readonly kind: "deploy"
  /** null: there is no version to roll back to. */
  readonly from: Ref | null
  readonly to: Ref
}

interface SnapshotForward extends Outbound {
  readonly kind: "snapshot"
  /** The version that the data belongs to. It is started again after the capture. */
  readonly of: Ref
}

interface PromoteForward extends Outbound {
  readonly kind: "promote"
  readonly of: Ref
}

interface TryForward extends Outbound {
  readonly kind: "try"
  readonly from: Ref
  readonly to: Ref
  /** How the command ended. */
  readonly command: DataOf<"CommandEnded"> | null
}

interface StopForward extends Outbound {
  readonly kind: "stop"
  /** The version that is stopped. */
  readonly of: Ref
  /** Who stops it. */
  readonly by: string
}

export type Forward = UpgradeForward | DeployForward | SnapshotForward | PromoteForward | TryForward | StopForward

export interface Back extends InFlight {
  readonly direction: "back"
  /** The attempt as it was when its rollback began; null: an operator's own rollback. */
  readonly of: Forward | null
  readonly attempted: Ref | null
  /** null: there is no version to roll back to, so the app is left down. */
  readonly to: Ref | null
  /** null: the data is unchanged. */
  readonly snapshot: string | null
  readonly by: "failure" | "operator" | "try"
  readonly reason: string
  /** What the current step waits for, recorded once; null: nothing. */
  readonly waiting: DataOf<"AttemptWaiting"> | null
}

export type Attempt = Forward | Back

export type AttemptKind = Forward["kind"] | "rollback"

/** The forward attempt, also of one that is rolling back; null: it is an operator's own rollback. */
export const forwardOf = (a: Attempt): Forward | null => (a.direction === "forward" ? a : a.of)

export const kindOf = (a: Attempt): AttemptKind => forwardOf(a)?.kind ?? "rollback"

/** The version that a forward attempt replaces. */
const leftBy = (a: Forward): Ref | null => {
  switch (a.kind) {
    case "upgrade":
    case "deploy":
    case "try":
      return a.from
    case "snapshot":
    case "promote":
    case "stop":
      return a.of
  }
}

/** The version that a forward attempt starts, or leaves. */
export const broughtBy = (a: Forward): Ref => {
  switch (a.kind) {
    case "upgrade":
    case "deploy":
    case "try":
      return a.to
    case "snapshot":
    case "promote":
    case "stop":
      return a.of
  }
}

/** The version that the attempt began with. */
export const fromOf = (a: Attempt): Ref | null => {
  if (a.direction === "forward") return leftBy(a)
  return a.of === null ? a.attempted : leftBy(a.of)
}

/** The version that the attempt is about, in either direction. */
export const toOf = (a: Attempt): Ref | null => {
  if (a.direction === "forward") return broughtBy(a)
  return a.of === null ? a.to : broughtBy(a.of)
}

/** The version that the current direction starts; null: none, the app is left down. */
export const targetOf = (a: Attempt): Ref | null => (a.direction === "forward" ? broughtBy(a) : a.to)

/** Why the forward attempt failed, once it is rolling back. */
export const brokeOf = (a: Attempt): Failure | null => (a.direction === "back" ? (a.of?.failed ?? null) : null)

/** The shape that `replay --json` prints: every attempt has every field, null where it does not apply. */
export const plainAttempt = (a: Attempt) => {
  const forward = forwardOf(a)
  const { id, startedAt, wasRunning, over, direction, done, current, failed, failures, hooked, outcome, why, plan } = a
  return {
    ...{ id, startedAt, wasRunning, over, direction, done, current, failed, failures, hooked },
    deployBegun: forward?.deployBegun ?? false,
    deployMs: a.deployMs ?? forward?.deployMs ?? null,
    snapshotTaken: forward?.snapshotTaken ?? false,
    command: forward?.kind === "try" ? forward.command : null,
    broke: brokeOf(a),
    back:
      a.direction === "back"
        ? { attempted: a.attempted, to: a.to, snapshot: a.snapshot, by: a.by, reason: a.reason }
        : null,
    waiting: a.direction === "back" ? a.waiting : null,
    ...{ outcome, why },
    ...{ kind: kindOf(a), from: fromOf(a), to: toOf(a) },
    ...(forward?.kind === "upgrade" ? { trigger: forward.trigger } : {}),
    snapshot: forward === null ? (a.snapshot ?? "") : forward.snapshot,
    plan
  }
}
