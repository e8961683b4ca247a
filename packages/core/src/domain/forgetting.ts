/** Whether a removed app may be forgotten: its log ends, and its folder is deleted with its snapshots. Pure. */
import { advise, type Next } from "./Next.ts"
import { refusedAsRenamed } from "./renaming.ts"
import { type AppState, phaseOf } from "./State.ts"

/** Why it may not; null: it may. The configuration does not name the app. */
export const refusedForgetting = (state: AppState): { readonly reason: string; readonly next: Next } | null => {
  // Its snapshots are in its former folder until the rename is finished.
  if (state.renamed !== undefined) {
    const [reason, next] = refusedAsRenamed(state.renamed)
    return { reason, next }
  }
  const back = advise`put it back under apps: in the configuration, then run ${{ do: "Remove" }}`
  if (state.attempt !== null) {
    const next = advise`put it back under apps: in the configuration, then run ${{ do: "Reconcile" }} to finish it`
    return { reason: `attempt ${state.attempt.id} is not finished`, next }
  }
  if (state.foreignAttempt !== null) {
    return {
      reason: `a newer lastgood began attempt ${state.foreignAttempt}, which this version of lastgood does not know`,
      next: "finish it with the newer lastgood"
    }
  }
  if (state.running !== null) return { reason: `${state.running.version} should be running`, next: back }
  const isDeployed = (state.data ?? state.lastGood) !== null || state.snapshots.length > 0
  return isDeployed && phaseOf(state) !== "removed" ? { reason: "it was not removed", next: back } : null
}
