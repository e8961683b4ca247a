/** What `decide` is asked and what it answers. Times and ids come in with the command; nothing here reads a clock. */
import type { Policy } from "./App.ts"
import type { Beginning, Event } from "./Event.ts"
import type { Next } from "./Next.ts"
import type { PerformedStep } from "./Plan.ts"
import type { Ref } from "./Ref.ts"
import type { Drift } from "./World.ts"

/** A version on offer. `at`: epoch milliseconds of its tag or commit. */
export interface Candidate extends Ref {
  readonly at: number
}

/** A reason not to go on, with what to do about it. */
export interface Refusal {
  /** `policy`, `held`, `quarantine`, `minimum-age`, `anonymous-volume`, `disk` … */
  readonly gate: string
  readonly reason: string
  readonly next: Next
}

/** What the runtime says of the app at the time of the command. */
export interface Observed {
  readonly present: boolean
  readonly converged: boolean
  readonly version: string | null
  /** There is something in one of its volumes. */
  readonly holdsData: boolean
  /** LAW-15, LAW-16: why nothing may be built on what is there; null: it is what lastgood left. */
  readonly drift: Drift | null
}

interface Asked {
  /** Id of the attempt that this command may start. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly now: number
}

export interface UpgradeCommand extends Asked {
  readonly _tag: "Upgrade"
  readonly trigger: "operator" | "reconciler"
  readonly policy: Policy
  readonly minimumAgeMs: number
  /** The version that was asked for by name, or null: the newest that no gate holds back. */
  readonly to: Candidate | null
  readonly offers: ReadonlyArray<Candidate>
  readonly observed: Observed
  /** Hazards of the chosen target (`selectTarget`), found while the app runs. */
  readonly hazards: ReadonlyArray<Refusal>
  /** What holds the chosen target back on purpose. */
  readonly gates: ReadonlyArray<Refusal>
  /** The oldest release note that asks for work by hand: it holds back its version and every newer one. */
  readonly note: { readonly version: string; readonly refusal: Refusal } | null
  /** Versions whose notes ask for work by hand that the operator says is done. */
  readonly acceptedNotes: ReadonlyArray<string>
}

export type Command =
  | UpgradeCommand
  | (Asked & {
      readonly _tag: "Deploy"
      readonly to: Ref
      readonly observed: Observed
      /** None of its volumes is there: what the log says of its data is of data that somebody removed. */
      readonly withoutVolumes: boolean
      /** An operator's word: it goes on without the data that the log knows of. */
      readonly withoutData: boolean
      /** The env file is another than the one that what runs was deployed with. */
      readonly envChanged: boolean
      readonly hazards: ReadonlyArray<Refusal>
    })
  | (Asked & { readonly _tag: "Snapshot"; readonly observed: Observed; readonly hazards: ReadonlyArray<Refusal> })
  | (Asked & {
      readonly _tag: "Promote"
      readonly of: Ref
      readonly observed: Observed
      /** false: only record the version as the last good one; no downtime, no snapshot. */
      readonly capture: boolean
      /** true: it is taken down for good, and is left down once its snapshot is there. */
      readonly teardown: boolean
      /** An operator's word: what it has now is its data. */
      readonly withoutData: boolean
      readonly hazards: ReadonlyArray<Refusal>
    })
  | (Asked & {
      readonly _tag: "Try"
      readonly to: Ref
      /** What the command starts; null: only the health gate is asked. */
      readonly program: string | null
      readonly observed: Observed
      readonly hazards: ReadonlyArray<Refusal>
    })
  /** Back to the version before this one, data included. `snapshot` null: the one that belongs to it. */
  | (Asked & { readonly _tag: "Rollback"; readonly snapshot: string | null; readonly hazards: ReadonlyArray<Refusal> })
  /** Data and version of a snapshot. null: the newest. */
  | (Asked & { readonly _tag: "Restore"; readonly snapshot: string | null; readonly hazards: ReadonlyArray<Refusal> })
  | (Asked & { readonly _tag: "Hold"; readonly reason: string; readonly until: number | null })
  | (Asked & { readonly _tag: "Release" })
  /** null: every quarantined version. */
  | (Asked & { readonly _tag: "Retry"; readonly version: string | null })
  /** `alert`: its id, or how that begins; empty: the only open one; null: every one. `by`: who has seen it. */
  | (Asked & { readonly _tag: "Acknowledge"; readonly alert: string | null; readonly by: string })

/** Append these. */
interface Append {
  readonly _tag: "Record"
  readonly events: readonly [Event, ...Array<Event>]
}

/** There is nothing to do. */
interface Nothing {
  readonly _tag: "Nothing"
  readonly why: string
}

/** It makes no sense in this state. Nothing is recorded. */
interface Rejected {
  readonly _tag: "Rejected"
  readonly reason: string
  readonly next: Next
}

/** What `decide` answers to a command. */
export type Decision =
  /** Append these, which begin an attempt; then ask `advance`. */
  | { readonly _tag: "Begin"; readonly events: readonly [Beginning, ...Array<Event>] }
  | Append
  /** A gate says no. `events` is empty when the log says so already. */
  | { readonly _tag: "Refused"; readonly refusal: Refusal; readonly events: ReadonlyArray<Event> }
  | Nothing
  | Rejected

/** What `advance` says comes next of the attempt in flight. */
export type Advance =
  | Append
  /** Append the intent, then perform the step. */
  | { readonly _tag: "Perform"; readonly step: PerformedStep; readonly intent: Event }
  /** The attempt stays in flight: a later run tries the step again. */
  | { readonly _tag: "Wait"; readonly why: string; readonly next: Next }
  | Nothing
  | Rejected
