/**
 * `remove` takes a last snapshot and the app down for good; its log and snapshots stay, so that it can be brought back.
 * Volumes are deleted only if the operator asked for it, and only once that snapshot is verified.
 */
import { allOf } from "./allOf.ts"
import { begin, disagreement, reject, snapshotId } from "./answers.ts"
import type { Command, Decision, Refusal } from "./Decision.ts"
import { make } from "./Event.ts"
import { removePlan } from "./Plan.ts"
import type { Ref } from "./Ref.ts"
import { refuseDrift } from "./refuseDrift.ts"
import type { AppState } from "./State.ts"

type RemoveCommand = Extract<Command, { _tag: "Remove" }>

/** The caller reads the refusal, so nothing is recorded. */
const refuse = (refusal: Refusal): Decision => ({ _tag: "Refused", refusal, events: [] })

const refOf = ({ version, commit }: Ref): Ref => ({ version, commit })

/** Volumes that could not be deleted. The last snapshot is of before: another one would be of what is left of them. */
const again = (state: AppState, { by, volumes }: RemoveCommand): Decision | null => {
  const { down, lastGood } = state
  const removed = down?.removed
  if (removed === undefined || (removed.volumes.length === 0 && volumes.length > 0)) return null
  if (removed.erased || removed.volumes.length === 0 || lastGood === null) {
    return { _tag: "Nothing", why: down?.reason ?? "" }
  }
  const plan = removePlan({ erase: true, removed: true })
  const { snapshot } = removed
  return begin(make("RemoveAttempted", { of: refOf(lastGood), by, snapshot, volumes: removed.volumes, plan }))
}

export const decideRemove = (state: AppState, command: RemoveCommand): Decision => {
  const { by, hazards, observed, volumes } = command
  const of = state.running ?? state.data
  if (observed.drift !== null) return refuseDrift(state, observed.drift, observed)
  if (!observed.present) {
    const answered = again(state, command)
    if (answered !== null) return answered
    if (of === null) return { _tag: "Nothing", why: "it has not been deployed" }
  }
  const wrong = observed.present ? disagreement(state, observed) : null
  if (wrong !== null) return wrong
  if (of === null) return reject("lastgood does not know which version its data belongs to", { do: "Promote" })
  // An app that is down has no hazards but its filters.
  const hazard = allOf(observed.present ? hazards : hazards.filter(({ gate }) => gate === "filter"))
  if (hazard !== undefined) return refuse(hazard)
  const plan = removePlan({ erase: volumes.length > 0, removed: false })
  return begin(make("RemoveAttempted", { of: refOf(of), by, snapshot: snapshotId(command), volumes, plan }))
}
