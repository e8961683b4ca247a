/** Alerts for people. Pure. */
import type { ShownAlert } from "@lastgood/reconciler/reading/alerts"
import { oneLine, time } from "./format.ts"
import { fields } from "./table.ts"

const stateText = ({ acknowledged, resolved, state }: ShownAlert): string => {
  if (resolved !== null) return `resolved ${time(resolved.at)}: ${resolved.by}`
  return acknowledged === null ? state : `acknowledged ${time(acknowledged.at)} by ${acknowledged.by ?? "an operator"}`
}

const alertText = (alert: ShownAlert): string => {
  const first = `${alert.app}: ${alert.attempted === null ? "" : `${alert.attempted} `}${alert.outcome}, ${time(alert.at)}`
  const rest = fields([
    ["state", stateText(alert)],
    ["why", alert.why],
    ["next", alert.state === "resolved" ? null : alert.next],
    ["not delivered to", alert.owedTo.join(", ")],
    ["id", alert.id]
  ])
  return `${oneLine(first)}\n${rest}`
}

export const alertsText = (alerts: ReadonlyArray<ShownAlert>): string => alerts.map(alertText).join("\n")
