/**
 * An attempt that has not ended: the way forward of one kind, or the way back. Each has its own fields and no others, and
 * a new kind has a place of its own wherever the compiler asks for it.
 */
import type { DataOf } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import type { DriftKind } from "./World.ts"

/** How an attempt ends that is seen to its end. */
export type Ending = "committed" | "done" | "recovered" | "unhealthy" | "left-down" | "refused" | "failed"

export interface Failure {
  readonly step: string
  /** Tag of the error; of a deploy or a health gate that said no, the type of its event. */
  readonly error: string
  readonly reason: string
  readonly next: string
}

/** What every attempt has. */
interface InFlight {
  readonly id: string
  readonly startedAt: string
  /** When it began, the app was one that should run: an attempt that fails brings it back. */
  readonly wasRunning: boolean
  /** LAW-16: the disagreement that an operator decided by beginning it. */
  readonly over: DriftKind | null
  /** The steps of the present direction, from the log. */
  readonly plan: ReadonlyArray<string>
  readonly done: ReadonlyArray<string>
  /** The step whose intent is in the log and whose evidence is not. `since`: when it was begun for the first time. */
  readonly current: { readonly step: string; readonly try: number; readonly since: string } | null
  /** A failure that was recorded and not yet acted on. */
  readonly failed: Failure | null
  /** How often in a row the current step failed. A step that lastgood died in has not failed. */
  readonly failures: number
  /** The step whose hook beforehand has passed: it is not run again when lastgood died in that step. */
  readonly hooked: string | null
  /** How long the deploy of the present direction took: the health gate has what is left of the deadline. */
  readonly deployMs: number | null
  readonly outcome: Ending | null
  readonly why: string
}

/** What every way forward has. */
export interface Outbound extends InFlight {
  readonly direction: "forward"
  /** LAW-2: the deploy of the new version was begun, so the data may be its data. */
  readonly deployBegun: boolean
  /** The id that a snapshot of this attempt has. */
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
  /** null: there is no version to return to. */
  readonly from: Ref | null
  readonly to: Ref
}

interface SnapshotForward extends Outbound {
  readonly kind: "snapshot"
  /** The version that the data belongs to: it comes back after the capture. */
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
  /** How its command ended. */
  readonly command: DataOf<"CommandEnded"> | null
}

export type Forward = UpgradeForward | DeployForward | SnapshotForward | PromoteForward | TryForward

export interface Back extends InFlight {
  readonly direction: "back"
  /** The attempt as it was when it turned back; null: an operator's own rollback. */
  readonly of: Forward | null
  readonly attempted: Ref | null
  /** null: there is nothing to return to, the app is left down. */
  readonly to: Ref | null
  /** null: the data is as it was. */
  readonly snapshot: string | null
  readonly by: "failure" | "operator" | "try"
  readonly reason: string
  /** What the present step waits for, and was told so once; null: nothing. */
  readonly waiting: DataOf<"AttemptWaiting"> | null
}

export type Attempt = Forward | Back

export type AttemptKind = Forward["kind"] | "rollback"

/** The way forward, also of one that is on its way back; null: there was none. */
export const forwardOf = (a: Attempt): Forward | null => (a.direction === "forward" ? a : a.of)

export const kindOf = (a: Attempt): AttemptKind => forwardOf(a)?.kind ?? "rollback"

/** The version that the way forward leaves. */
const leftBy = (a: Forward): Ref | null => {
  switch (a.kind) {
    case "upgrade":
    case "deploy":
    case "try":
      return a.from
    case "snapshot":
    case "promote":
      return a.of
  }
}

/** The version that the way forward brings up. */
export const broughtBy = (a: Forward): Ref => {
  switch (a.kind) {
    case "upgrade":
    case "deploy":
    case "try":
      return a.to
    case "snapshot":
    case "promote":
      return a.of
  }
}

/** The version that the attempt began with. */
export const fromOf = (a: Attempt): Ref | null => {
  if (a.direction === "forward") return leftBy(a)
  return a.of === null ? a.attempted : leftBy(a.of)
}

/** The version that the attempt is about, whichever direction it is in. */
export const toOf = (a: Attempt): Ref | null => {
  if (a.direction === "forward") return broughtBy(a)
  return a.of === null ? a.to : broughtBy(a.of)
}

/** The version that the present direction brings up; null: none, the app is left down. */
export const targetOf = (a: Attempt): Ref | null => (a.direction === "forward" ? broughtBy(a) : a.to)

/** What the way forward failed of, once the attempt is on its way back. */
export const brokeOf = (a: Attempt): Failure | null => (a.direction === "back" ? (a.of?.failed ?? null) : null)

/** The shape that `replay --json` prints: every attempt has every field, null where it has no such thing. */
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
