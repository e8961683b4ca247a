/** The report to a caller, from the state alone. Pure. */
import { alertOfAttempt } from "../domain/alerts.ts"
import { measuredOf } from "../domain/downtime.ts"
import type { AppState } from "../domain/State.ts"
import type { Report } from "./Request.ts"

export const reportOf = (app: string, state: AppState, over: Partial<Report>): Report => {
  const { attempt, lastGood, lastOutcome, running } = state
  const alert = alertOfAttempt(state, lastOutcome?.attempt ?? null)
  const tried = lastOutcome?.tried ?? null
  const downtime = measuredOf(state.downtimes, lastOutcome?.attempt ?? null)
  const waiting = attempt?.direction === "back" ? attempt.waiting : null
  if (attempt !== null && waiting !== null) {
    const { reason: why, next } = waiting
    const base = { app, outcome: "left-down", why, next, attempt: attempt.id } as const
    return { ...base, resumed: false, running: null, lastGood: lastGood?.version ?? null, releaseNotes: [], ...over }
  }
  return {
    app,
    outcome: lastOutcome?.outcome ?? "nothing",
    why: lastOutcome?.why ?? "",
    next: alert?.next ?? "",
    attempt: lastOutcome?.attempt ?? null,
    resumed: false,
    running: running?.version ?? null,
    lastGood: lastGood?.version ?? null,
    releaseNotes: [],
    ...(tried === null ? {} : { tried }),
    ...(downtime === undefined ? {} : { downtime }),
    ...over
  }
}

/** Why there is nothing to finish: of an app that an operator wants down, that one. */
export const nothingInFlight = ({ down }: AppState): string =>
  down?.asked === true ? down.reason : "no attempt was in flight"

/** The report of a request that began no attempt. */
export const withoutAttempt = (app: string, state: AppState, over: Partial<Report>): Report => {
  const { downtime: _not, tried: _, ...report } = reportOf(app, state, { why: "", next: "", attempt: null, ...over })
  return report
}
