/** `try`: only from the last good version, as it runs, is the way back certain. Policy, age and quarantine are not asked. */
import { begin, disagreement, reject, snapshotId } from "./answers.ts"
import type { Command, Decision, Refusal } from "./Decision.ts"
import { make } from "./Event.ts"
import { advise } from "./Next.ts"
import { tryPlan } from "./Plan.ts"
import { refuseDrift } from "./refuseDrift.ts"
import type { AppState } from "./State.ts"
import { heldBy, isHeld } from "./select.ts"
import { compareVersions, isVersion } from "./Version.ts"

/** Nothing is recorded: whoever asked is there and reads it. */
const refuse = (refusal: Refusal): Decision => ({ _tag: "Refused", refusal, events: [] })

export const decideTry = (state: AppState, command: Extract<Command, { _tag: "Try" }>): Decision => {
  const { hazards, observed, program, to } = command
  if (observed.drift !== null) return refuseDrift(state, observed.drift, observed)
  const wrong = disagreement(state, observed)
  if (wrong !== null) return wrong
  const { lastGood, running } = state
  if (running === null || lastGood === null) {
    return reject("it has no last good version to go back to", { do: "Promote" })
  }
  if (running.version !== lastGood.version || running.commit !== lastGood.commit) {
    return reject(
      `${running.version} runs, and the last good version is ${lastGood.version}: a try begins from the last good one`,
      advise`${{ do: "Promote" }} takes ${running.version} as the last good one, if it is healthy; ${{ do: "Rollback" }} goes back`
    )
  }
  if (!observed.converged) {
    return reject("not all of it runs: a try begins from an app that is well", { do: "Doctor" })
  }
  if (isHeld(state, command.now)) return refuse(heldBy(state))
  // LAW-2. A commit that is no version has no place in the order: whoever names it knows what it is.
  if (isVersion(to.version) && compareVersions(to.version, running.version) < 0) {
    return refuse({
      gate: "downgrade",
      reason: `${to.version} is older than ${running.version}, and never does old code start on new data`,
      next: "try it on an app of its own"
    })
  }
  const hazard = hazards[0]
  if (hazard !== undefined) return refuse(hazard)
  const plan = tryPlan({ command: program !== null })
  return begin(make("TryAttempted", { from: running, to, snapshot: snapshotId(command), program, plan }))
}
