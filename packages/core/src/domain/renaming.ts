/** Whether an app may be renamed, and what is refused while that is not finished. Pure. */
import { advise, type Next } from "./Next.ts"
import type { AppState } from "./State.ts"

/** Why nothing is done under the former name. */
export const refusedAsRenamed = ({ to }: { readonly to: string }): [reason: string, next: Next] => [
  `it is being renamed to ${to}`,
  advise`finish it: ${{ do: "Rename", to }}`
]

/** Why the app may not be renamed as it is; null: it may. */
export const refusedRenaming = (state: AppState): { readonly reason: string; readonly next: Next } | null => {
  if (state.version === 0) {
    return { reason: "the log does not know it", next: "rename its key under apps: in the configuration" }
  }
  if (state.attempt !== null) {
    return {
      reason: `attempt ${state.attempt.id} is not finished`,
      next: advise`finish it: ${{ do: "Stop" }}`
    }
  }
  if (state.foreignAttempt !== null) {
    return {
      reason: `a newer lastgood began attempt ${state.foreignAttempt}, which this version of lastgood does not know`,
      next: "finish it with the newer lastgood"
    }
  }
  // Processes and containers of a running app have paths of its folder.
  if (state.running !== null)
    return { reason: `it has to be stopped first: ${state.running.version} should be running`, next: { do: "Stop" } }
  return state.drift === null ? null : { reason: state.drift.what.join("; "), next: state.drift.next }
}
