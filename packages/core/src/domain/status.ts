/** `status`: one line about an app, from its state alone. The shape is public (`lastgood status --json`). */

import { forApp } from "./Next.ts"
import { isHeld } from "./policy/select.ts"
import { reasonUntil } from "./policy/verdict.ts"
import { type AppState, type Phase, phaseOf } from "./State.ts"
import type { Stopped } from "./stopped.ts"
import { iso } from "./time.ts"

export interface AppStatus {
  readonly app: string
  readonly phase: Phase
  readonly running: string | null
  readonly lastGood: string | null
  readonly snapshot: string | null
  readonly quarantined: ReadonlyArray<{
    readonly version: string
    readonly reason: string
    readonly until: string | null
  }>
  /** An operator stopped it; null: it is not stopped, or down for another reason. */
  readonly stopped: Stopped | null
  readonly held: { readonly reason: string; readonly until: string | null } | null
  /** A version that the policy would refuse, and that an operator approved. */
  readonly approved: { readonly version: string; readonly at: string } | null
  /** What the app waits for, or what to do; null: nothing. */
  readonly waitingFor: string | null
  /** Data set aside that is still kept, and its path. Data beside a volume disappears when that volume is removed. */
  readonly setAside: ReadonlyArray<{
    readonly attempt: string
    readonly until: string
    readonly paths: ReadonlyArray<string>
  }>
  readonly lastOutcome: { readonly outcome: string; readonly why: string; readonly at: string } | null
}

const waitingFor = (state: AppState, now: number): string | null => {
  const attempt = state.attempt
  if (attempt !== null) {
    if (attempt.direction === "back" && attempt.waiting !== null) {
      return `${attempt.waiting.waitsFor}: ${attempt.waiting.reason}; ${attempt.waiting.next}`
    }
    const step = attempt.current?.step ?? attempt.plan.find((s) => !attempt.done.includes(s)) ?? "its end"
    return `${attempt.direction === "back" ? "rollback" : attempt.kind}: ${step}`
  }
  if (state.down !== null) return `an operator: ${state.down.reason}; ${state.down.next}`
  if (state.held !== null && isHeld(state, now)) {
    const { reason, until } = state.held
    return until === null ? `the release of the hold: ${reason}` : `the end of the hold at ${until}: ${reason}`
  }
  if (state.refused !== null) return `${state.refused.gate}: ${reasonUntil(state.refused)}`
  return state.approved === null ? null : `the next pass of the daemon: ${state.approved.version} is approved`
}

/** @param now epoch milliseconds, to decide whether a hold or a quarantine is in force. */
export const statusOf = (app: string, state: AppState, now: number): AppStatus => {
  const waited = waitingFor(state, now)
  return {
    app,
    phase: phaseOf(state),
    running: state.running?.version ?? null,
    lastGood: state.lastGood?.version ?? null,
    snapshot: state.snapshots.at(-1)?.id ?? null,
    quarantined: state.quarantined
      .filter((q) => q.until === null || q.until > iso(now))
      .map(({ version, reason, until }) => ({ version, reason, until })),
    stopped: state.down?.stopped ?? null,
    held: isHeld(state, now) ? state.held : null,
    approved: state.approved === null ? null : { version: state.approved.version, at: state.approved.at },
    waitingFor: waited === null ? null : forApp(app, waited),
    setAside: state.aside.map((x) => ({ attempt: x.attempt, until: x.until, paths: x.volumes.map((v) => v.path) })),
    lastOutcome:
      state.lastOutcome === null
        ? null
        : { outcome: state.lastOutcome.outcome, why: state.lastOutcome.why, at: state.lastOutcome.at }
  }
}

/** Whether it waits for a quarantine, of which the list of quarantined versions tells the end and the reason. */
export const waitsForQuarantine = ({
  quarantined,
  waitingFor
}: Pick<AppStatus, "quarantined" | "waitingFor">): boolean =>
  quarantined.some(({ version }) => waitingFor?.startsWith(`quarantine: ${version} `))
