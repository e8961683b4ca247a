/** The engine's requests and reports. The CLI, the daemon and the tests use only these. */
import * as Schema from "effect/Schema"
import type { Argv } from "../command/Commands.ts"
import type { Refusal } from "../domain/Decision.ts"
import type { Measured, PredictedDowntime } from "../domain/downtime.ts"
import { nextText } from "../domain/Next.ts"
import type { PolicyVerdict } from "../domain/policy/verdict.ts"
import type { Outcome, Tried } from "../domain/State.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import type { ReleaseChanges } from "./releaseChanges.ts"

/** A command to run against the version that is tried. Never recorded: its arguments may hold secrets. */
export interface Asked {
  readonly argv: Argv
  readonly timeoutMs: number
}

export type Request =
  /** `to` null: the newest version that no gate refuses. */
  | {
      readonly _tag: "Upgrade"
      readonly to: string | null
      readonly trigger: "operator" | "reconciler"
      readonly fetch: boolean
      /** true: the manual work that release notes ask for is done. */
      readonly acceptNotes?: boolean
    }
  /** `to` null: the version that its data belongs to, or the newest one. */
  | {
      readonly _tag: "Deploy"
      readonly to: string | null
      readonly fetch: boolean
      /** true: the operator confirmed to deploy without the data that the log knows (LAW-15). */
      readonly withoutData?: boolean
    }
  | { readonly _tag: "Snapshot" }
  /** The app goes down and stays down until `Start`, or another request that starts it. */
  | { readonly _tag: "Stop" }
  /** A last snapshot, then the app is down for good. `data`: its volumes are deleted too. */
  | {
      readonly _tag: "Remove"
      readonly data: boolean
      /** The volumes that the operator agreed to delete; absent: those that the app has. */
      readonly volumes?: ReadonlyArray<string>
    }
  /** Starts the version that its data belongs to, on that data. */
  | { readonly _tag: "Start" }
  /** `ref`: a tag, branch or commit of the recipe. `command` null: only the health gate judges. */
  | { readonly _tag: "Try"; readonly ref: string; readonly fetch: boolean; readonly command: Asked | null }
  /** `version` null: the version that the runtime reports, or else the log. */
  | {
      readonly _tag: "Promote"
      readonly version: string | null
      readonly capture: boolean
      readonly teardown: boolean
      /** true: the operator confirmed that the present data is the app's data (LAW-15). */
      readonly withoutData?: boolean
    }
  | { readonly _tag: "Rollback"; readonly snapshot: string | null }
  | { readonly _tag: "Restore"; readonly snapshot: string | null }
  /** `forMs` null: until released. `until`: epoch milliseconds, instead of `forMs`. */
  | { readonly _tag: "Hold"; readonly reason: string; readonly forMs: number | null; readonly until?: number }
  | { readonly _tag: "Release" }
  /** The daemon may take the version, whatever the policy is. */
  | { readonly _tag: "Approve"; readonly version: string; readonly fetch: boolean }
  | { readonly _tag: "Withdraw"; readonly version: string }
  | { readonly _tag: "Retry"; readonly version: string | null }
  /** Acknowledges an alert by its id or the beginning of it; empty: the only open one; null: all. */
  | { readonly _tag: "Acknowledge"; readonly alert: string | null }
  /**
   * Removes snapshots and set-aside data for good. Works beside an attempt in flight, which may wait for the space.
   *
   * `by` retention: of these, only what the retention of the app lets go at that time.
   */
  | {
      readonly _tag: "Prune"
      readonly snapshots: ReadonlyArray<string>
      readonly asides: ReadonlyArray<string>
      readonly by: "operator" | "retention"
    }
  /** Only finish the attempt in flight. */
  | { readonly _tag: "Resume" }

/** Requests that finish an attempt in flight first. */
export type Finishing = Exclude<Request, { _tag: "Prune" }>

/** Requests that only record an operator's decision. */
export type Decided = Unobserved | Extract<Request, { _tag: "Approve" }>

/** Of these, the ones that are recorded without observing the app or its versions. */
export type Unobserved = Extract<Request, { _tag: "Hold" | "Release" | "Withdraw" | "Retry" | "Acknowledge" }>

/** A refusal with its remedy as text. */
export interface ToldRefusal extends Refusal {
  readonly next: string
}

export const tell = (app: string, refusal: Refusal): ToldRefusal => ({
  ...refusal,
  next: nextText(app, refusal.next)
})

export interface Report {
  readonly app: string
  /** `nothing`: there was nothing to do. `recorded`: the operator's decision is in the log. */
  readonly outcome: Outcome | "nothing" | "recorded"
  readonly why: string
  readonly next: string
  readonly attempt: string | null
  /** true: an attempt that another lastgood process began was finished first. */
  readonly resumed: boolean
  readonly running: string | null
  readonly lastGood: string | null
  /** For an upgrade: the release notes of the versions on the way, oldest first. */
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
  /** For a try: the version that was tried, and how its command ended. */
  readonly tried?: Tried
  /** How long the attempt kept the app down; absent: it did not take it down. */
  readonly downtime?: Measured
}

/** What an upgrade would do now, and why. */
export interface Preview extends ReleaseChanges {
  readonly app: string
  readonly running: string | null
  readonly lastGood: string | null
  /** `resume`: an attempt is in flight and comes first. */
  readonly action: "resume" | "upgrade" | "nothing" | "refused" | "rejected"
  readonly to: string | null
  readonly steps: ReadonlyArray<string>
  readonly why: string
  readonly next: string
  readonly refusal: ToldRefusal | null
  readonly notes: ReadonlyArray<string>
  /** The release notes of the versions on the way, oldest first. */
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
  /** What the daemon does about the newest version; null: an attempt in flight or the app itself comes first. */
  readonly automatic: PolicyVerdict | null
  /** The downtime of the upgrade; null: none, or not known before the first one. */
  readonly downtime: PredictedDowntime | null
}

/** The command does not apply to this app now. Nothing was changed. */
export class CommandRejected extends Schema.TaggedError<CommandRejected>()("CommandRejected", {
  app: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.app}: ${this.reason}`
  }
}
