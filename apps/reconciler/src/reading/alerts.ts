/** The alerts of an app for `alerts --json` and the HTTP API, whose shape is public. */
import { type AlertRecord, alertsOf, openAlerts } from "@lastgood/core/domain/alerts"
import { evolve } from "@lastgood/core/domain/evolve"
import { forApp } from "@lastgood/core/domain/Next"
import { initialStateOf } from "@lastgood/core/domain/State"
import { Journal, recordedResult, streamOf } from "@lastgood/core/engine/Journal"
import { eachPage } from "@lastgood/core/log/eachPage"
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

/** All alerts are only in the log; the state keeps those that are not over. */
const everyAlert = Effect.fnUntraced(function* (app: string) {
  let state = initialStateOf(app)
  yield* eachPage(
    streamOf(app),
    Effect.fnUntraced(function* (page) {
      for (const envelope of page) state = evolve(state, yield* Effect.fromResult(recordedResult(envelope)), () => true)
      return true
    })
  )
  return alertsOf(state)
})

/**
 * The alerts of one app, oldest first, from the log.
 *
 * @param all also acknowledged and resolved ones.
 */
export const shownAlerts = Effect.fn("Reading.alerts")(function* (app: string, all: boolean) {
  const records = all ? yield* everyAlert(app) : openAlerts(yield* (yield* Journal).load(app))
  return records.map((record) => shownAlert(app, record))
})
