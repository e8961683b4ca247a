/** The observed state of an app in the form that `decide` takes. Pure. */
import type { Observed } from "../domain/Decision.ts"
import { driftOf } from "../domain/drift.ts"
import type { AppState } from "../domain/State.ts"
import type { World } from "./world.ts"

export const observedIn = (state: AppState, { inspection, seen }: World): Observed => {
  const { converged, present, version } = inspection
  return { present, converged, version, holdsData: seen.volumes.some(({ held }) => held), drift: driftOf(state, seen) }
}
