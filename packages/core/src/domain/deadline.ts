/**
 * One deadline counts from the start of a deploy, for all services to run and for the health gate: an app is not down
 * longer than its operator said because two steps each had a time of their own. Pure.
 */
import type { EffectiveApp, Gate } from "./App.ts"

/**
 * `health.deadline`. Where nobody said one, a longer `deadlines.deploy` that somebody did say stands for both.
 */
export const oneDeadlineMs = ({ deadlines, gate, settledBy }: EffectiveApp): number =>
  settledBy.has("deadlines.deploy") && !settledBy.has("health.deadline")
    ? Math.max(gate.deadlineMs, deadlines.deployMs)
    : gate.deadlineMs

/** For all services to run. */
export const deployDeadlineMs = (app: EffectiveApp): number => Math.min(app.deadlines.deployMs, oneDeadlineMs(app))

/**
 * The gate with what the deploy has left of the deadline. A version whose services came up in time is looked at for as
 * long as it has to be stable, at the least.
 *
 * @param spentMs since the deploy began.
 */
export const gateAfter = (app: EffectiveApp, spentMs: number): Gate => {
  const { gate } = app
  const left = oneDeadlineMs(app) - spentMs
  return { ...gate, deadlineMs: Math.max(left, Math.min(gate.deadlineMs, gate.stableForMs + 2 * gate.intervalMs)) }
}
