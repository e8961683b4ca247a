/** The commands of `decide` and its decisions. Times and ids come with the command; nothing here reads a clock. */
import type { Policy } from "./App.ts"
import type { Beginning, Event } from "./Event.ts"
import type { Next } from "./Next.ts"
import type { PerformedStep } from "./Plan.ts"
import type { Window } from "./policy/window.ts"
import type { Ref } from "./Ref.ts"
import type { Drift } from "./World.ts"

/** An available version. `at`: time of its tag or commit, in epoch milliseconds. */
export interface Candidate extends Ref {
  readonly at: number
}

/** A reason not to begin an attempt, and the remedy. */
export interface Refusal {
  /** `policy`, `held`, `quarantine`, `minimum-age`, `anonymous-volume`, `disk` … */
  readonly gate: string
  readonly reason: string
  readonly next: Next
  /** When it ends by itself, ISO 8601 in UTC. Absent: it does not, or the time is not known. */
  readonly until?: string
}

/** Names the gate, unless the reason begins with it: `held: <reason of the hold>`. */
export const refusalText = ({ gate, reason }: Pick<Refusal, "gate" | "reason">): string =>
  reason.startsWith(gate) ? reason : `${gate}: ${reason}`

/** The state of the app that the runtime reports at the time of the command. */
export interface Observed {
  readonly present: boolean
  readonly converged: boolean
  readonly version: string | null
  /** At least one of its volumes is not empty. */
  readonly holdsData: boolean
  /** LAW-15, LAW-16: how the app or its data differs from what lastgood left; null: it does not. */
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
  /** The version that the operator named; null: the newest that no gate refuses. */
  readonly to: Candidate | null
  readonly offers: ReadonlyArray<Candidate>
  /** An automatic upgrade begins in one of them; empty: at any time. */
  readonly windows: ReadonlyArray<Window>
  /** Refusals of an automatic upgrade by other apps of the host: its breaker, an app that comes first. */
  readonly others: ReadonlyArray<Refusal>
  readonly observed: Observed
  /** Hazards of the chosen target (`selectTarget`), found while the app runs. */
  readonly hazards: ReadonlyArray<Refusal>
  /** The gate that refuses the chosen target on purpose. */
  readonly gates: ReadonlyArray<Refusal>
  /** The oldest release note that asks for manual work. It refuses its version and every newer one. */
  readonly note: { readonly version: string; readonly refusal: Refusal } | null
  /** Versions whose notes ask for manual work that the operator has confirmed as done. */
  readonly acceptedNotes: ReadonlyArray<string>
}

export type Command =
  | UpgradeCommand
  | (Asked & {
      readonly _tag: "Deploy"
      readonly to: Ref
      readonly observed: Observed
      /** None of its volumes exists: the data that the log knows was removed. */
      readonly withoutVolumes: boolean
      /** The operator confirmed (`--without-data`): deploy without the data that the log knows. */
      readonly withoutData: boolean
      /** The env file differs from the one that the running version was deployed with. */
      readonly envChanged: boolean
      readonly hazards: ReadonlyArray<Refusal>
    })
  | (Asked & { readonly _tag: "Snapshot"; readonly observed: Observed; readonly hazards: ReadonlyArray<Refusal> })
  /** `by`: who stops it. */
  | (Asked & {
      readonly _tag: "Stop"
      readonly by: string
      readonly observed: Observed
      readonly hazards: ReadonlyArray<Refusal>
    })
  | (Asked & {
      readonly _tag: "Promote"
      readonly of: Ref
      readonly observed: Observed
      /** false: only record the version as last good, without downtime and without a snapshot. */
      readonly capture: boolean
      /** true: leave the app down after the snapshot. */
      readonly teardown: boolean
      /** The operator confirmed: the present data is the app's data. */
      readonly withoutData: boolean
      readonly hazards: ReadonlyArray<Refusal>
    })
  | (Asked & {
      readonly _tag: "Try"
      readonly to: Ref
      /** The program that the command starts; null: only the health gate judges. */
      readonly program: string | null
      readonly observed: Observed
      readonly hazards: ReadonlyArray<Refusal>
    })
  /** Roll back to the version before this one, with its data. `snapshot` null: the one that belongs to that version. */
  | (Asked & { readonly _tag: "Rollback"; readonly snapshot: string | null; readonly hazards: ReadonlyArray<Refusal> })
  /** Restore data and version of a snapshot; null: of the newest. */
  | (Asked & { readonly _tag: "Restore"; readonly snapshot: string | null; readonly hazards: ReadonlyArray<Refusal> })
  | (Asked & { readonly _tag: "Hold"; readonly reason: string; readonly until: number | null })
  | (Asked & { readonly _tag: "Release" })
  | (Asked & { readonly _tag: "Approve"; readonly to: Ref })
  | (Asked & { readonly _tag: "Withdraw"; readonly version: string })
  /** null: every quarantined version. */
  | (Asked & { readonly _tag: "Retry"; readonly version: string | null })
  /** `alert`: its id or the beginning of it; empty: the only open one; null: all. `by`: who acknowledges it. */
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

/** The command does not apply in this state. Nothing is recorded. */
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
  /** A gate refuses. `events` is empty when the log has the refusal already. */
  | { readonly _tag: "Refused"; readonly refusal: Refusal; readonly events: ReadonlyArray<Event> }
  | Nothing
  | Rejected

/** The next thing to do for the attempt in flight, from `advance`. */
export type Advance =
  | Append
  /** Append the intent, then perform the step. */
  | { readonly _tag: "Perform"; readonly step: PerformedStep; readonly intent: Event }
  /** The attempt stays in flight: a later run tries the step again. */
  | { readonly _tag: "Wait"; readonly why: string; readonly next: Next }
  | Nothing
  | Rejected
