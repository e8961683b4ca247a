/**
 * One deadline counts from the start of a deploy, both for starting all services and for the health gate, so that an app
 * is never down longer than its operator allowed. Pure.
 */
import type { EffectiveApp, Gate } from "./App.ts"

/**
 * The deadline in milliseconds: `health.deadline`. If only `deadlines.deploy` is set and is longer, it applies to both.
 */
export const oneDeadlineMs = ({ deadlines, gate, settledBy }: EffectiveApp): number =>
  settledBy.has("deadlines.deploy") && !settledBy.has("health.deadline")
    ? Math.max(gate.deadlineMs, deadlines.deployMs)
    : gate.deadlineMs

/** The time for all services to start, in milliseconds. */
export const deployDeadlineMs = (app: EffectiveApp): number => Math.min(app.deadlines.deployMs, oneDeadlineMs(app))

/**
 * The gate with the rest of the deadline. If the services started in time, the gate lasts at least as long as the app must
 * be stable.
 *
 * @param spentMs milliseconds since the deploy began.
 */
export const gateAfter = (app: EffectiveApp, spentMs: number): Gate => {
  const { gate } = app
  const left = oneDeadlineMs(app) - spentMs
  return { ...gate, deadlineMs: Math.max(left, Math.min(gate.deadlineMs, gate.stableForMs + 2 * gate.intervalMs)) }
}
