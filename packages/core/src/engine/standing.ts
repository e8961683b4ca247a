/**
 * The status of an app: the observed state beside the state that the log expects (LAW-16). Pure. The shape is public
 * (`lastgood status --json`).
 */
import { forApp, nextText } from "../domain/Next.ts"
import type { AppState, Phase } from "../domain/State.ts"
import { phaseOf } from "../domain/State.ts"
import { type AppStatus, statusOf } from "../domain/status.ts"
import { iso } from "../domain/time.ts"
import type { DriftKind } from "../domain/World.ts"
import type { Inspection, ServiceInspection } from "../runtime/Runtime.ts"
import { describeDown } from "./describeDown.ts"
import type { Look } from "./reading.ts"

type ServiceNow = Pick<
  ServiceInspection,
  "name" | "state" | "ok" | "image" | "digest" | "since" | "restarts" | "health"
>

export interface Standing extends AppStatus {
  /** The state that the runtime reports; null: it was not asked, or did not answer. */
  readonly now: {
    /** null: nothing is running, or its version is unknown. */
    readonly version: string | null
    readonly services: ReadonlyArray<ServiceNow>
  } | null
  /** Start of the present state (running, unhealthy, drifted) or of the attempt in flight. */
  readonly since: string | null
  /**
   * null: the app is not running, or its health was not checked. `at`: when its checks passed, if that was earlier than the
   * rest was looked at.
   */
  readonly health: { readonly ok: boolean; readonly seen: string; readonly at?: string } | null
  readonly drift: { readonly kind: DriftKind; readonly what: string; readonly next: string } | null
  readonly envChanged: boolean
  /** Next time that the reconciler looks for a newer version, for an app with a `schedule`. */
  readonly nextCheck: string | null
  /** Why the phase is not `running`, if the log does not say it, and the remedy. */
  readonly reason: string | null
  readonly next: string | null
}

/** `checks`: results of the health checks that ask the app itself. */
export interface Observations {
  /** When they ran, in epoch milliseconds; null: just now. */
  readonly checkedAt?: number | null
  readonly checks: ReadonlyArray<{ readonly name: string; readonly ok: boolean; readonly seen: string }>
  /** true: a process works on the app now, so the observed state may be incomplete. */
  readonly isWorkedOn: boolean
}

type Why = Pick<Standing, "phase" | "reason" | "next">

const troubleNow = (inspection: Inspection, { checks }: Observations): string | null => {
  const failing = [
    ...inspection.services.filter((s) => s.health === "unhealthy").map((s) => `the HEALTHCHECK of ${s.name} fails`),
    ...checks.filter(({ ok }) => !ok).map(({ name, seen }) => `${name}: ${seen}`)
  ]
  return describeDown(inspection) ?? (failing.length === 0 ? null : failing.join("; "))
}

const stopped = (app: string, state: AppState): Why => {
  const { data, down, running } = state
  const phase = down?.removed === undefined ? ("stopped" as const) : ("removed" as const)
  // `waitingFor` says why, and what to do.
  if (running === null && down !== null) return { phase, reason: null, next: null }
  const next = nextText(app, { do: "Deploy" })
  if (running !== null) return { phase, reason: `${running.version} should be running, but it is stopped`, next }
  return { phase, reason: data === null ? "it has not been deployed yet" : "it is not running", next }
}

const whyOf = (app: string, { inspection, refusal, state }: Look, asked: Observations): Why => {
  if (state.attempt !== null && (asked.isWorkedOn || refusal === null)) {
    return { phase: phaseOf(state), reason: null, next: null }
  }
  if (refusal !== null) {
    const phase = refusal.gate === "data-missing" ? "data-missing" : "drifted"
    return { phase, reason: refusal.reason, next: refusal.next }
  }
  if (!inspection.present) return stopped(app, state)
  const trouble = troubleNow(inspection, asked) ?? state.unhealthy?.what ?? null
  if (trouble !== null) return { phase: "unhealthy", reason: trouble, next: nextText(app, { do: "Doctor" }) }
  if (state.running !== null) return { phase: "running", reason: null, next: null }
  const next = nextText(app, { do: "Promote", version: inspection.version })
  return { phase: "running", reason: "it is running, but the log does not expect it to", next }
}

/** Of an app that is down and differs from the log, only `next` names a remedy: a start would be refused. */
const withOneRemedy = (status: AppStatus, { attempt, down }: AppState, differs: boolean): AppStatus =>
  differs && attempt === null && down !== null ? { ...status, waitingFor: `an operator: ${down.reason}` } : status

const sinceOf = ({ inspection, state }: Look, phase: Phase): string | null => {
  switch (phase) {
    case "running":
      return (
        inspection.services
          .flatMap(({ since }) => (since === null ? [] : [since]))
          .toSorted()
          .at(-1) ?? null
      )
    case "unhealthy":
      return state.unhealthy?.since ?? null
    case "drifted":
    case "data-missing":
      return state.drift?.since ?? null
    case "stopped":
    case "removed":
      return state.down?.stopped?.since ?? null
    default:
      return state.attempt?.startedAt ?? null
  }
}

const kinds: ReadonlyArray<string> = ["data-missing", "log-behind", "drift"] satisfies ReadonlyArray<DriftKind>
const isKind = (gate: string): gate is DriftKind => kinds.includes(gate)

/** @param now epoch milliseconds. */
export const standingOf = (
  app: string,
  look: Look,
  asked: Observations,
  now: number,
  nextCheck: string | null
): Standing => {
  const { envChanged, inspection, refusal, state } = look
  const why = whyOf(app, look, asked)
  const trouble = troubleNow(inspection, asked)
  const checkedAt = trouble === null ? (asked.checkedAt ?? null) : null
  const seen = trouble ?? asked.checks.map((c) => `${c.name}: ${c.seen}`).join("; ")
  return {
    ...withOneRemedy(statusOf(app, state, now), state, refusal !== null),
    ...why,
    now: {
      version: inspection.version,
      services: inspection.services.map(({ name, state, ok, image, digest, since, restarts, health }) => ({
        ...{ name, state, ok, image, digest, since, restarts, health }
      }))
    },
    since: sinceOf(look, why.phase),
    health: inspection.present
      ? { ok: trouble === null, seen, ...(checkedAt === null ? {} : { at: iso(checkedAt) }) }
      : null,
    drift:
      refusal !== null && isKind(refusal.gate)
        ? { kind: refusal.gate, what: refusal.reason, next: refusal.next }
        : null,
    envChanged,
    nextCheck
  }
}

/** The status from the log alone, without asking the runtime. */
export const standingInLog = (app: string, state: AppState, now: number, nextCheck: string | null): Standing => {
  const { drift } = state
  const told = drift === null ? null : { ...drift, next: forApp(app, drift.next) }
  return {
    ...withOneRemedy(statusOf(app, state, now), state, drift !== null),
    phase: phaseOf(state),
    ...{ now: null, health: null, envChanged: false, nextCheck },
    since: told?.since ?? state.unhealthy?.since ?? state.attempt?.startedAt ?? state.down?.stopped?.since ?? null,
    drift: told === null ? null : { kind: told.kind, what: told.what.join("; "), next: told.next },
    reason: told === null ? null : told.what.join("; "),
    next: told === null ? null : told.next
  }
}

/** The status when the runtime did not answer: the log cannot tell whether the app runs. */
export const standingUnknown = (inLog: Standing, reason: string, next: string): Standing => ({
  ...inLog,
  ...{ phase: "unknown" as const, since: null, reason, next }
})

/** Whether the runtime was asked and did not answer. */
export const isUnanswered = ({ now, phase }: Standing): boolean => phase === "unknown" && now === null
