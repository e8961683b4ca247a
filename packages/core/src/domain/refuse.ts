/** The refusal of an upgrade, a deploy, a snapshot or a promote: recorded, and told as an alert if it is a hazard. Pure. */
import { subjectOf } from "./alerts.ts"
import type { Decision, Refusal } from "./Decision.ts"
import { make } from "./Event.ts"
import { nextText } from "./Next.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"

/** Gates whose reason contains what was seen at one moment, so that it differs with each pass. */
const measured: ReadonlyArray<string> = ["disk", "unhealthy"]

/**
 * A refusal is recorded once, or the log would grow with each pass of the reconciler. `hazardOf`: the command's id, if the
 * reason is a hazard that an operator has to remove (LAW-10) and not a gate that was set on purpose.
 */
export const refuse = (state: AppState, to: Ref | null, refusal: Refusal, hazardOf?: string): Decision => {
  const last = state.refused
  const told =
    last !== null &&
    to !== null &&
    last.to.version === to.version &&
    last.gate === refusal.gate &&
    last.until === refusal.until &&
    (last.reason === refusal.reason || measured.includes(refusal.gate))
  if (to === null || told) return { _tag: "Refused", refusal, events: [] }
  const attempted: Ref = { version: to.version, commit: to.commit }
  const next = nextText(state.app, refusal.next)
  const refused = make("UpgradeRefused", { from: state.running, to: attempted, ...refusal, next })
  // There is an alert about the unhealthy app already.
  const isTold = refusal.gate === "unhealthy" && state.unhealthy !== null
  if (hazardOf === undefined || isTold) return { _tag: "Refused", refusal, events: [refused] }
  const alert = make("AlertRaised", {
    alert: `${hazardOf}-refused`,
    subject: subjectOf("refused", refusal.gate),
    outcome: "refused",
    attempted,
    lastGood: state.lastGood,
    recovered: true,
    why: refusal.reason,
    next
  })
  return { _tag: "Refused", refusal, events: [refused, alert] }
}

/** LAW-15: whether the hazard is a filter that leaves out data a rollback would need. */
export const isOfFilter = ({ gate }: Refusal): boolean => gate === "filter"
