import type { Inspection } from "../runtime/Runtime.ts"

/** The services that are not running, as text; null: all are running. Checks see an answer, not who gave it (LAW-9). */
export const describeDown = ({ converged, services }: Inspection): string | null => {
  if (converged) return null
  const down = services.filter((s) => !s.ok).map((s) => `${s.name} (${s.state})`)
  return down.length === 0
    ? "none of its services is running"
    : `some of its services are not running: ${down.join(", ")}`
}
