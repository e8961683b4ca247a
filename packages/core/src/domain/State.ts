/** What the log says of one app: the fold of its events (`evolve.ts`). Nothing is remembered elsewhere (LAW-6). */

import { type Attempt, type Ending, plainAttempt } from "./Attempt.ts"
import { type AlertBook, alertsOf, emptyBook } from "./alerts.ts"
import type { DataOf } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import type { LeftOutOf } from "./volumeFilter.ts"
import type { DriftKind, NotedService, NotedVolume } from "./World.ts"

/** `unknown`: nobody can tell how it ended. */
export type Outcome = Ending | "unknown"

/** The health gate passed at the end of the attempt. */
export const isProvenWell = (outcome: Outcome | "nothing" | "recorded"): boolean =>
  outcome === "committed" || outcome === "recovered" || outcome === "done"

/** What a try was of, and what is known of it: how its command ended, if it ran to an end. */
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
  /** Of each volume what its archive was when it was taken. `crc`: "" where that is not known, of adopted ones. */
  readonly volumes: ReadonlyArray<{ readonly name: string; readonly crc: string }>
  /** Taken by a try, or by an upgrade that went back: the data goes on from it, so the next one makes it superfluous. */
  readonly spent: boolean
  /** null: not verified yet with the strong checksum. */
  readonly verified: boolean | null
  /** What a filter left out of it. */
  readonly leftOut?: ReadonlyArray<LeftOutOf>
  /** The snapshot that the data went on from when this one was taken; null: none is known. */
  readonly parent: string | null
  /** Where it belongs to no version: nothing older than this may start on its data (LAW-2); null: nothing is known. */
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
  /** Version of the app's stream: what the next append expects. */
  readonly version: number
  readonly registered: {
    readonly recipe: string
    readonly runtime: string
    readonly domain: string
    readonly stack: string
  } | null
  /** What lastgood deployed and has not taken down. */
  readonly running: Ref | null
  /** lastgood itself deployed what runs, with its labels. false: it was adopted as it ran. */
  readonly deployed: boolean
  /** The version whose deploy was last begun on the data: nothing older may start on it (LAW-2). */
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
  /** It bears one of them. false: nothing in this log says that it does, as where the log was lost. */
  readonly isMarked: boolean
  /** Those that it bore before, newest last, as far as they are kept. */
  readonly pastMarks: ReadonlyArray<string>
  /** When an attempt last left an event. */
  readonly workedAt: string | null
  /** What was noted when the app was last seen healthy; null: never. `services` null: something was deployed since. */
  readonly noted: {
    readonly services: ReadonlyArray<NotedService> | null
    readonly volumes: ReadonlyArray<NotedVolume>
  } | null
  /** Paths of folders and files of the host that hold data of the app, beside its volumes. */
  readonly folders: ReadonlyArray<string>
  /** What it can write to as well, and its operator called external: neither snapshotted nor put back. */
  readonly external: ReadonlyArray<string>
  /** How the world disagreed with the log when it was last asked. */
  readonly drift: {
    readonly kind: DriftKind
    readonly what: ReadonlyArray<string>
    readonly next: string
    readonly since: string
  } | null
  readonly held: { readonly reason: string; readonly until: string | null } | null
  readonly aside: ReadonlyArray<{
    readonly attempt: string
    readonly at: string
    readonly until: string
    /** What a try wrote: kept until the next one, at the longest. */
    readonly tried: boolean
    readonly volumes: ReadonlyArray<{ readonly name: string; readonly path: string }>
  }>
  readonly attempt: Attempt | null
  /** An attempt that began with an event which this lastgood does not know, and of which no end is known. */
  readonly foreignAttempt: string | null
  /** Left down on purpose, or by a failure: why, and what to do. `asked`: an operator wanted it so. */
  readonly down: { readonly reason: string; readonly next: string; readonly asked: boolean } | null
  /** It should run and is not well: seen by the watch, or by the health gate of the last attempt. null: no such trouble. */
  readonly unhealthy: { readonly since: string; readonly what: string; readonly seenBy: "watch" | "attempt" } | null
  readonly refused: { readonly to: Ref; readonly gate: string; readonly reason: string; readonly next: string } | null
  readonly lastOutcome: {
    readonly attempt: string
    readonly outcome: Outcome
    readonly why: string
    readonly at: string
    readonly tried: Tried | null
    /** What the snapshot lacks that was put back. */
    readonly leftOut?: ReadonlyArray<LeftOutOf>
  } | null
}

/** Of an app that has no events yet. */
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
  aside: [],
  attempt: null,
  foreignAttempt: null,
  down: null,
  unhealthy: null,
  refused: null,
  ...emptyBook,
  lastOutcome: null
})

/** As plain data, in the shape that `replay --json` prints: alerts are in the order in which they were raised. */
export const plainState = ({ app: _, ...state }: AppState) => ({
  ...state,
  alerts: alertsOf(state),
  attempt: state.attempt === null ? null : plainAttempt(state.attempt)
})

/** One word for how the app is. Where nothing of the world was asked, as the log says that it should be. */
export type Phase =
  | "unknown"
  | "running"
  | "stopped"
  | "drifted"
  | "data-missing"
  | "upgrading"
  | "trying"
  | "rolling-back"
  | "snapshotting"
  | "deploying"
  | "unhealthy"

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
  }
}

export const phaseOf = (state: AppState): Phase => {
  if (state.attempt !== null) return phaseDuring(state.attempt)
  if (state.drift !== null) return state.drift.kind === "data-missing" ? "data-missing" : "drifted"
  if (state.running !== null) return state.unhealthy === null ? "running" : "unhealthy"
  return state.down !== null ? "stopped" : "unknown"
}
