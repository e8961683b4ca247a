import type { Inspection } from "../runtime/Runtime.ts"

/** What of an app does not run, in words; null: all of it does. Checks see an answer, not who gave it (LAW-9). */
export const notAllRuns = ({ converged, services }: Inspection): string | null => {
  if (converged) return null
  const down = services.filter((s) => !s.ok).map((s) => `${s.name} (${s.state})`)
  return `not all of it runs: ${down.join(", ") || "nothing does"}`
}
