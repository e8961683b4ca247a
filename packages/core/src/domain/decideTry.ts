/** `try` begins only from the running last good version, so that the rollback is certain. It ignores policy, age and quarantine. */
import { allOf } from "./allOf.ts"
import { begin, disagreement, reject, snapshotId } from "./answers.ts"
import type { Command, Decision, Refusal } from "./Decision.ts"
import { make } from "./Event.ts"
import { advise } from "./Next.ts"
import { tryPlan } from "./Plan.ts"
import { heldBy, isHeld } from "./policy/select.ts"
import { refuseDrift } from "./refuseDrift.ts"
import type { AppState } from "./State.ts"
import { compareVersions, isVersion } from "./Version.ts"

/** The caller reads the refusal, so nothing is recorded. */
const refuse = (refusal: Refusal): Decision => ({ _tag: "Refused", refusal, events: [] })

export const decideTry = (state: AppState, command: Extract<Command, { _tag: "Try" }>): Decision => {
  const { hazards, observed, program, to } = command
  if (observed.drift !== null) return refuseDrift(state, observed.drift, observed)
  const wrong = disagreement(state, observed)
  if (wrong !== null) return wrong
  const { lastGood, running } = state
  if (running === null || lastGood === null) {
    return reject("it has no last good version to roll back to", { do: "Promote" })
  }
  if (running.version !== lastGood.version || running.commit !== lastGood.commit) {
    return reject(
      `${running.version} is running, but the last good version is ${lastGood.version}: a try begins from the last good version`,
      advise`to make ${running.version} the last good version, if it is healthy: ${{ do: "Promote" }}; to roll back: ${{ do: "Rollback" }}`
    )
  }
  if (!observed.converged) {
    return reject("some of its services are not running: a try begins from a healthy app", { do: "Doctor" })
  }
  if (isHeld(state, command.now)) return refuse(heldBy(state))
  // LAW-2. A commit without a version tag cannot be compared; the operator who names it is trusted.
  if (isVersion(to.version) && compareVersions(to.version, running.version) < 0) {
    return refuse({
      gate: "downgrade",
      reason: `${to.version} is older than ${running.version}: lastgood never starts old code on new data`,
      next: "try it on a separate app"
    })
  }
  const hazard = allOf(hazards)
  if (hazard !== undefined) return refuse(hazard)
  const plan = tryPlan({ command: program !== null })
  return begin(make("TryAttempted", { from: running, to, snapshot: snapshotId(command), program, plan }))
}
