/** Alerts for people and for `alerts --json`, whose shape is public. Pure. */

import type { AlertRecord } from "@lastgood/core/domain/alerts"
import { forApp } from "@lastgood/core/domain/Next"
import { oneLine, time } from "./format.ts"
import { fields } from "./table.ts"

export interface ShownAlert {
  readonly app: string
  readonly id: string
  readonly at: string
  readonly state: "open" | "acknowledged" | "resolved"
  readonly subject: string
  readonly outcome: string
  readonly attempted: string | null
  readonly lastGood: string | null
  readonly recovered: boolean
  readonly why: string
  readonly next: string
  readonly deliveredTo: ReadonlyArray<string>
  /** The sinks that have not taken it yet. */
  readonly owedTo: ReadonlyArray<string>
  readonly acknowledged: AlertRecord["acknowledged"]
  readonly resolved: AlertRecord["resolved"]
}

const stateOf = ({ acknowledged, resolved }: AlertRecord): ShownAlert["state"] => {
  if (resolved !== null) return "resolved"
  return acknowledged === null ? "open" : "acknowledged"
}

export const shownAlert = (app: string, record: AlertRecord): ShownAlert => ({
  app,
  id: record.id,
  at: record.at,
  state: stateOf(record),
  subject: record.subject,
  outcome: record.outcome,
  attempted: record.attempted?.version ?? null,
  lastGood: record.lastGood?.version ?? null,
  recovered: record.recovered,
  why: record.why,
  next: forApp(app, record.next),
  deliveredTo: record.deliveredTo,
  owedTo: record.owedTo,
  acknowledged: record.acknowledged,
  resolved: record.resolved
})

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
