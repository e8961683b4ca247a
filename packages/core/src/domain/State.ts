/** The state of one app: the fold of its events (`evolve.ts`). Nothing is remembered elsewhere (LAW-6). */

import { type Attempt, type Ending, plainAttempt } from "./Attempt.ts"
import { type AlertBook, alertsOf, emptyBook } from "./alerts.ts"
import type { Downtime } from "./downtime.ts"
import type { DataOf } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import type { Removed, Stopped } from "./stopped.ts"
import type { LeftOutOf } from "./volumeFilter.ts"
import type { DriftKind, NotedService, NotedVolume } from "./World.ts"

/** `unknown`: the log does not say how it ended. */
export type Outcome = Ending | "unknown"

/** Whether the health gate passed at the end of the attempt. */
export const isProvenWell = (outcome: Outcome | "nothing" | "recorded"): boolean =>
  outcome === "committed" || outcome === "recovered" || outcome === "done"

/** The version of a try, and how its command ended if it ran to its end. */
export interface Tried extends Ref {
  readonly interrupted: boolean
  readonly command: DataOf<"CommandEnded"> | null
}

export interface SnapshotRecord {
  readonly id: string
  readonly version: string
  readonly commit: string
  readonly at: string
  readonly bytes: number
  readonly attempt: string | null
  /**
   * Each volume's archive when it was captured. `crc`: "" if unknown, as of adopted snapshots. `manifest`: of the mirror
   * that captured the volume.
   */
  readonly volumes: ReadonlyArray<{ readonly name: string; readonly crc: string; readonly manifest?: string }>
  /** Captured by a try, or by an upgrade that was rolled back: the data continues from it, so the next one supersedes it. */
  readonly spent: boolean
  /** null: not verified with SHA-256 yet. */
  readonly verified: boolean | null
  /** The files that a filter left out. */
  readonly leftOut?: ReadonlyArray<LeftOutOf>
  /** What was external when it was captured, and so is not in it. */
  readonly external?: ReadonlyArray<string>
  /** The snapshot that the data descended from when this one was captured; null: none is known. */
  readonly parent: string | null
  /** For a snapshot without a version: nothing older than this may start on its data (LAW-2); null: unknown. */
  readonly floor: Ref | null
}

export interface Quarantine {
  readonly version: string
  readonly commit: string
  readonly reason: string
  readonly failures: number
  readonly until: string | null
}

export interface AppState extends AlertBook {
  /** The app's name. */
  readonly app: string
  /** Its log ended: an operator renamed it. */
  readonly renamed?: { readonly to: string }
  /** The names that it had before, oldest first. */
  readonly formerNames?: ReadonlyArray<string>
  /** Version of the app's stream, which the next append expects. */
  readonly version: number
  readonly registered: {
    readonly recipe: string
    readonly runtime: string
    readonly domain: string
    readonly stack: string
  } | null
  /** The version that lastgood deployed and has not taken down. */
  readonly running: Ref | null
  /** true: lastgood deployed the running version, with its labels. false: it was adopted while it ran. */
  readonly deployed: boolean
  /** The version whose deploy last began on the data. Nothing older may start on it (LAW-2). */
  readonly data: Ref | null
  readonly lastGood: Ref | null
  readonly lastGoodAt: string | null
  /** Oldest first. */
  readonly snapshots: ReadonlyArray<SnapshotRecord>
  readonly quarantined: ReadonlyArray<Quarantine>
  /** The newest snapshot that the present data descends from; null: none. */
  readonly tip: string | null
  /** The marks that the data may bear (`marks.ts`). */
  readonly marks: ReadonlyArray<string>
  /** true: the data has one of them. false: this log does not say so, for example because the log was lost. */
  readonly isMarked: boolean
  /** Earlier marks of the data, newest last; only the most recent are kept. */
  readonly pastMarks: ReadonlyArray<string>
  /** When an attempt last recorded an event. */
  readonly workedAt: string | null
  /** The world when the health gate last passed; null: never. `services` null: something was deployed since. */
  readonly noted: {
    readonly services: ReadonlyArray<NotedService> | null
    readonly volumes: ReadonlyArray<NotedVolume>
  } | null
  /** Paths of folders and files of the host with data of the app, beside its volumes. */
  readonly folders: ReadonlyArray<string>
  /** Other paths to which the app can write and that its operator called external: neither snapshotted nor restored. */
  readonly external: ReadonlyArray<string>
  /** How the world disagreed with the log when it was last compared. */
  readonly drift: {
    readonly kind: DriftKind
    readonly what: ReadonlyArray<string>
    readonly next: string
    readonly since: string
  } | null
  readonly held: { readonly reason: string; readonly until: string | null } | null
  /** A version that an operator approved, which the policy would refuse; ends when an attempt at it begins. */
  readonly approved: (Ref & { readonly at: string }) | null
  /** Automatic upgrades that were rolled back since an upgrade of the app was last committed, oldest first. */
  readonly rollbacks: ReadonlyArray<{ readonly version: string; readonly at: string }>
  /** When an upgrade was last committed. */
  readonly upgradedAt: string | null
  /** Of the host: when an operator last closed its breaker. */
  readonly breakerClosedAt: string | null
  /** How long the last attempts kept the app down, oldest first. */
  readonly downtimes: ReadonlyArray<Downtime>
  readonly aside: ReadonlyArray<{
    readonly attempt: string
    readonly at: string
    readonly until: string
    /** Data that a try wrote, kept until the next try at the latest. */
    readonly tried: boolean
    readonly volumes: ReadonlyArray<{ readonly name: string; readonly path: string }>
  }>
  readonly attempt: Attempt | null
  /** An attempt that began with an event unknown to this lastgood, and that has not ended. */
  readonly foreignAttempt: string | null
  /** Why the app is down, and what to do. `asked`: an operator asked for it. `stopped`, `removed`: with commands of their own. */
  readonly down: {
    readonly reason: string
    readonly next: string
    readonly asked: boolean
    readonly stopped?: Stopped
    readonly removed?: Removed
    /** What is known of data that is to be deleted. `begun`: how often that was begun. */
    readonly doomed?: Pick<AppState, "data" | "tip" | "noted"> & { readonly begun: number }
  } | null
  /** The app should run and is unhealthy, as seen by the watch or by the health gate of the last attempt; null: it is not. */
  readonly unhealthy: { readonly since: string; readonly what: string; readonly seenBy: "watch" | "attempt" } | null
  readonly refused: {
    readonly to: Ref
    readonly gate: string
    readonly reason: string
    readonly next: string
    /** When it ends by itself. */
    readonly until?: string
  } | null
  readonly lastOutcome: {
    readonly attempt: string
    readonly outcome: Outcome
    readonly why: string
    readonly at: string
    readonly tried: Tried | null
    /** The files that the restored snapshot lacks. */
    readonly leftOut?: ReadonlyArray<LeftOutOf>
  } | null
}

/** The state of an app without events. */
export const initialStateOf = (app: string): AppState => ({
  app,
  version: 0,
  registered: null,
  running: null,
  deployed: false,
  data: null,
  lastGood: null,
  lastGoodAt: null,
  snapshots: [],
  quarantined: [],
  tip: null,
  marks: [],
  isMarked: false,
  pastMarks: [],
  workedAt: null,
  noted: null,
  folders: [],
  external: [],
  drift: null,
  held: null,
  approved: null,
  rollbacks: [],
  upgradedAt: null,
  breakerClosedAt: null,
  downtimes: [],
  aside: [],
  attempt: null,
  foreignAttempt: null,
  down: null,
  unhealthy: null,
  refused: null,
  ...emptyBook,
  lastOutcome: null
})

/** The state as plain data, in the shape that `replay --json` prints. Alerts are in the order in which they were raised. */
export const plainState = ({ app: _, ...state }: AppState) => ({
  ...state,
  alerts: alertsOf(state),
  attempt: state.attempt === null ? null : plainAttempt(state.attempt)
})

export const phases = [
  "unknown",
  "running",
  "stopped",
  "drifted",
  "data-missing",
  "upgrading",
  "trying",
  "rolling-back",
  "snapshotting",
  "deploying",
  "stopping",
  "removing",
  "removed",
  "unhealthy"
] as const

/** The state of the app in one word: the state that the log expects, where the runtime was not asked. */
export type Phase = (typeof phases)[number]

const phaseDuring = (attempt: Attempt): Phase => {
  if (attempt.direction === "back") return "rolling-back"
  switch (attempt.kind) {
    case "upgrade":
      return "upgrading"
    case "deploy":
      return "deploying"
    case "try":
      return "trying"
    case "snapshot":
    case "promote":
      return "snapshotting"
    case "stop":
      return "stopping"
    case "remove":
      return "removing"
  }
}

export const phaseOf = (state: AppState): Phase => {
  if (state.attempt !== null) return phaseDuring(state.attempt)
  if (state.drift !== null) return state.drift.kind === "data-missing" ? "data-missing" : "drifted"
  if (state.running !== null) return state.unhealthy === null ? "running" : "unhealthy"
  if (state.down === null) return "unknown"
  return state.down.removed === undefined ? "stopped" : "removed"
}
