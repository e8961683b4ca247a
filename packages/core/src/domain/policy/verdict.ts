/** What the daemon does about the newest version of an app, in one line: takes it, waits, or refuses it. Pure. */
import { type Refusal, refusalText } from "../Decision.ts"
import type { Selection } from "./select.ts"

/** The shape is public (`lastgood plan --json`). */
export interface PolicyVerdict {
  /** `wait`: ends by itself. `refuse`: an operator decides. `nothing`: there is no newer version. */
  readonly verdict: "take" | "wait" | "refuse" | "nothing"
  readonly version: string | null
  readonly gate: string | null
  readonly reason: string
  /** When the wait ends, ISO 8601 in UTC; null: it does not wait, or the end is not known. */
  readonly until: string | null
}

const waiting: ReadonlyArray<string> = ["window", "after", "minimum-age"]

/** Whether a refusal ends without an operator. */
export const isWait = ({ gate, until }: Pick<Refusal, "gate" | "until">): boolean =>
  until !== undefined || waiting.includes(gate)

export const refusedBy = (refusal: Refusal, version: string | null): PolicyVerdict => ({
  verdict: isWait(refusal) ? "wait" : "refuse",
  version,
  gate: refusal.gate,
  reason: refusal.reason,
  until: refusal.until ?? null
})

export const verdictOf = (selection: Selection): PolicyVerdict => {
  switch (selection._tag) {
    case "Target":
      return { verdict: "take", version: selection.target.version, gate: null, reason: "", until: null }
    case "None":
      return { verdict: "nothing", version: null, gate: null, reason: selection.why, until: null }
    case "Gated":
      return refusedBy(selection.refusal, selection.candidate?.version ?? null)
  }
}

/** The reason, and when it ends, unless the reason says it: `outside of its window Sat 02:00-05:00 UTC, until 2026-12-05T02:00:00.000Z`. */
export const reasonUntil = ({ reason, until }: Pick<Refusal, "reason" | "until">): string =>
  until === undefined || reason.includes(until) ? reason : `${reason}, until ${until}`

export const verdictText = ({ gate, reason, until, verdict, version }: PolicyVerdict): string => {
  const whole = reasonUntil(until === null ? { reason } : { reason, until })
  const why = refusalText({ gate: gate ?? "", reason: whole })
  switch (verdict) {
    case "take":
      return `takes ${version} in its next pass`
    case "wait":
      return `waits to take ${version}: ${why}`
    case "refuse":
      return `does not take ${version}: ${why}`
    case "nothing":
      return reason
  }
}
