/** `--dry-run`: what a request would do now, from the decision about it. Pure. */
import { advance } from "../domain/advance.ts"
import type { Decision } from "../domain/Decision.ts"
import { type PredictedDowntime, predictDowntimeOf } from "../domain/downtime.ts"
import type { Beginning } from "../domain/Event.ts"
import { advise, nextText } from "../domain/Next.ts"
import type { Ref } from "../domain/Ref.ts"
import type { AppState } from "../domain/State.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import { type ToldRefusal, tell } from "./Request.ts"

export interface DryRun {
  readonly app: string
  /**
   * `begin`: an attempt, with these steps. `record`: a decision in the log. `resume`: an attempt is in flight, whose steps
   * come first. `rejected`: the command does not apply now.
   */
  readonly action: "begin" | "record" | "resume" | "nothing" | "refused" | "rejected"
  readonly running: string | null
  readonly to: string | null
  readonly steps: ReadonlyArray<string>
  /** The snapshot that is restored; null: none is. */
  readonly snapshot: string | null
  /** Versions that are quarantined by it. */
  readonly quarantined: ReadonlyArray<string>
  /** null: the app stays up, or no attempt has measured it yet. */
  readonly downtime: PredictedDowntime | null
  readonly why: string
  readonly next: string
  readonly refusal: ToldRefusal | null
  /** The release notes of the versions on the way, oldest first. */
  readonly releaseNotes: ReadonlyArray<ReleaseNote>
}

/** For an app, or `_host`, of which nothing would change. */
export const nothingOf = (app: string, running: string | null): DryRun => ({
  app,
  action: "nothing",
  running,
  to: null,
  steps: [],
  snapshot: null,
  quarantined: [],
  downtime: null,
  why: "",
  next: "",
  refusal: null,
  releaseNotes: []
})

const nothing = (state: AppState): DryRun => nothingOf(state.app, state.running?.version ?? null)

/** The version that an attempt leads to, and the snapshot that it restores. */
const aimOf = (event: Beginning): { readonly to: Ref | null; readonly snapshot: string | null } => {
  switch (event.type) {
    case "RollbackStarted":
      return { to: event.data.lastGood, snapshot: event.data.snapshot }
    case "SnapshotAttempted":
      return { to: event.data.of, snapshot: null }
    case "StopAttempted":
    case "RemoveAttempted":
      return { to: null, snapshot: null }
    default:
      return { to: event.data.to, snapshot: null }
  }
}

/** An attempt in flight is finished first, and its outcome decides about the request. */
export const resumedFirst = (state: AppState): DryRun => {
  const { attempt } = state
  const next = advance(state, 0)
  return {
    ...nothing(state),
    action: "resume",
    steps: attempt?.plan.filter((step) => !attempt.done.includes(step)) ?? [],
    why: `attempt ${attempt?.id ?? ""} has not ended, and is finished first${next._tag === "Perform" ? `: ${next.step} comes next` : ""}`,
    next: nextText(
      state.app,
      advise`run the command again with --dry-run once ${{ do: "Status", offline: false }} shows its end`
    )
  }
}

/** @param state that the decision is about. */
export const dryRunOf = (state: AppState, decision: Decision, releaseNotes: ReadonlyArray<ReleaseNote>): DryRun => {
  const base = { ...nothing(state), releaseNotes }
  switch (decision._tag) {
    case "Begin": {
      const [first] = decision.events
      const { snapshot, to } = aimOf(first)
      const { plan } = first.data
      const quarantined = decision.events.flatMap((one) =>
        one.type === "VersionQuarantined" ? [one.data.version] : []
      )
      const downtime = predictDowntimeOf(plan, state.downtimes)
      return { ...base, action: "begin", to: to?.version ?? null, steps: plan, snapshot, quarantined, downtime }
    }
    case "Record":
      return { ...base, action: "record", why: `would record ${decision.events.map(({ type }) => type).join(", ")}` }
    case "Refused": {
      const refusal = tell(state.app, decision.refusal)
      return { ...base, action: "refused", why: refusal.reason, next: refusal.next, refusal }
    }
    case "Rejected":
      return { ...base, action: "rejected", why: decision.reason, next: nextText(state.app, decision.next) }
    case "Nothing":
      return { ...base, why: decision.why }
  }
}
