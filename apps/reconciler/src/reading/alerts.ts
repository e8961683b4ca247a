/** The alerts of an app for `alerts --json` and the HTTP API, whose shape is public. */
import { type AlertRecord, alertsOf, isLive, openAlerts } from "@lastgood/core/domain/alerts"
import { fold } from "@lastgood/core/domain/evolve"
import { forApp } from "@lastgood/core/domain/Next"
import { initialStateOf } from "@lastgood/core/domain/State"
import { recordedOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"

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

/**
 * The alerts of one app, oldest first, from its events.
 *
 * @param all also acknowledged and resolved ones.
 */
export const shownAlerts = Effect.fn("Reading.alerts")(function* (
  app: string,
  events: ReadonlyArray<Envelope>,
  all: boolean
) {
  const recorded = yield* Effect.forEach(events, recordedOf)
  const state = fold(recorded, initialStateOf(app), all ? () => true : isLive)
  return (all ? alertsOf(state) : openAlerts(state)).map((record) => shownAlert(app, record))
})
