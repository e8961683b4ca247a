/** `plan`: the decision about an upgrade now, as text. Pure. */
import type { EffectiveApp } from "../domain/App.ts"
import { targetOf } from "../domain/Attempt.ts"
import { advance } from "../domain/advance.ts"
import { advisedKinds, asksApp } from "../domain/Check.ts"
import type { Decision, UpgradeCommand } from "../domain/Decision.ts"
import { decide } from "../domain/decide.ts"
import { type Capture, predictDowntime } from "../domain/downtime.ts"
import { advise, nextText } from "../domain/Next.ts"
import { rollbackPlan } from "../domain/Plan.ts"
import { selectTarget } from "../domain/policy/select.ts"
import { type PolicyVerdict, refusedBy, verdictOf } from "../domain/policy/verdict.ts"
import type { AppState } from "../domain/State.ts"
import type { ReleaseNote } from "../recipe/ReleaseNote.ts"
import { type Preview, tell } from "./Request.ts"
import { noChanges } from "./releaseChanges.ts"

const weakGate = (app: EffectiveApp): ReadonlyArray<string> =>
  app.gate.checks.some(asksApp)
    ? []
    : [
        `its health gate is weak: no check asks the app itself. A container's HEALTHCHECK can pass while the app answers every request with 500; add an ${advisedKinds} check under health.checks`
      ]

/** What the daemon does; `decision`: about the same upgrade if an operator asks for it, who is not bound by windows. */
const automaticOf = (state: AppState, command: UpgradeCommand, decision: Decision): PolicyVerdict | null => {
  if (decision._tag === "Rejected" || state.running === null) return null
  const verdict = verdictOf(selectTarget(state, state.running.version, { ...command, trigger: "reconciler" }))
  // Hazards and plugin gates come after the policy, for both.
  return decision._tag === "Refused" && verdict.verdict === "take"
    ? refusedBy(decision.refusal, verdict.version)
    : verdict
}

/**
 * @param command null: an attempt is in flight and comes first.
 * @param data `bytes` null: unknown. `by`: how its next snapshot is captured; undefined: unknown.
 */
export const previewOf = (
  app: EffectiveApp,
  state: AppState,
  command: UpgradeCommand | null,
  releaseNotes: ReadonlyArray<ReleaseNote>,
  data: { readonly bytes: number | null; readonly by: Capture | undefined } = { bytes: null, by: undefined }
): Preview => {
  const base: Preview = {
    action: "nothing",
    why: "",
    app: app.name,
    running: state.running?.version ?? null,
    lastGood: state.lastGood?.version ?? null,
    to: null,
    steps: [],
    next: "",
    refusal: null,
    notes: weakGate(app),
    releaseNotes,
    automatic: null,
    downtime: null,
    ...noChanges
  }
  if (command === null) {
    const attempt = state.attempt
    if (attempt?.direction === "forward" && attempt.kind === "try") {
      return {
        ...base,
        action: "resume",
        to: attempt.from.version,
        steps: rollbackPlan({ to: attempt.from, snapshot: attempt.deployBegun ? attempt.snapshot : null }),
        why: `a try of ${attempt.to.version} has not ended: lastgood rolls it back and does not run its command again`,
        next: nextText(
          app.name,
          advise`wait for the try to end; if its lastgood process was killed, ${{ do: "Upgrade" }} or the daemon rolls it back`
        )
      }
    }
    const next = advance(state, 0)
    return {
      ...base,
      action: "resume",
      to: attempt === null ? null : (targetOf(attempt)?.version ?? null),
      steps: attempt?.plan.filter((s) => !attempt.done.includes(s)) ?? [],
      why: `attempt ${attempt?.id ?? ""} has not ended${next._tag === "Perform" ? `: ${next.step} comes next` : next._tag === "Wait" ? `: ${next.why}` : ""}`,
      next: nextText(
        app.name,
        next._tag === "Wait" ? next.next : advise`${{ do: "Upgrade" }} or the running daemon finishes it`
      )
    }
  }
  const decision = decide(state, command)
  const automatic = automaticOf(state, command, decision)
  switch (decision._tag) {
    case "Begin": {
      const [first] = decision.events
      const started = first.type === "UpgradeAttempted" ? first.data : null
      return {
        ...base,
        automatic,
        downtime: predictDowntime(state.downtimes, data.bytes, data.by),
        action: "upgrade",
        to: started?.to.version ?? null,
        steps: started?.plan ?? [],
        why: `${started?.to.version ?? ""} is newer than ${started?.from?.version ?? "nothing"} and no gate refuses it`,
        next: nextText(app.name, { do: "Upgrade" })
      }
    }
    case "Refused": {
      const refusal = tell(app.name, decision.refusal)
      return { ...base, automatic, action: "refused", why: refusal.reason, next: refusal.next, refusal }
    }
    case "Rejected":
      return { ...base, action: "rejected", why: decision.reason, next: nextText(app.name, decision.next) }
    case "Nothing":
      return { ...base, automatic, action: "nothing", why: decision.why }
    case "Record":
      return { ...base, action: "nothing", why: "" }
  }
}
