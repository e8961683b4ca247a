/**
 * Delivers undelivered alerts to the local sinks (LAW-10) after each run and on every pass of the reconciler, under the claim.
 * `outbox.ts` sends them to the remote ones, without it.
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { type AlertRecord, alertsOf, undeliveredAlerts } from "../domain/alerts.ts"
import { make } from "../domain/Event.ts"
import { forApp } from "../domain/Next.ts"
import type { AppState } from "../domain/State.ts"
import { type Alert, AlertSinks } from "../notify/AlertSink.ts"
import { Journal } from "./Journal.ts"

const alertOf = (app: App, record: AlertRecord): Alert => ({
  id: record.id,
  app: app.name,
  domain: app.domain,
  at: record.at,
  outcome: record.outcome,
  attempted: record.attempted?.version ?? null,
  last_good: record.lastGood?.version ?? null,
  recovered: record.recovered,
  why: record.why,
  next: forApp(app.name, record.next)
})

const isSame = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((name) => b.includes(name))

const namesNow = Effect.fnUntraced(function* (state: AppState) {
  const { all, remote: configured } = yield* AlertSinks
  const remote = yield* configured
  const tell = remote === null ? state.tell : remote.map(({ name }) => name)
  return { tell, names: [...all.map(({ name }) => name), ...tell] }
})

/** Whether `deliverAlerts` would deliver or record something. Reads only. */
export const owesAlerts = Effect.fnUntraced(function* (state: AppState) {
  if (alertsOf(state).length === 0) return false
  const { names, tell } = yield* namesNow(state)
  if (!isSame(names, state.sinks) || !isSame(tell, state.tell)) return true
  const { all: sinks } = yield* AlertSinks
  return undeliveredAlerts(state).some(({ owedTo }) => sinks.some(({ name }) => owedTo.includes(name)))
})

/**
 * A failing sink is a warning here; the alert stays undelivered in the log and is tried again. The configured sinks are
 * recorded before any delivery, because a new sink is owed the alerts from then on.
 */
export const deliverAlerts = Effect.fn("Engine.deliverAlerts")(function* (app: App) {
  const journal = yield* Journal
  const { all: sinks } = yield* AlertSinks
  let state = yield* journal.load(app.name)
  if (alertsOf(state).length === 0) return
  const { names, tell } = yield* namesNow(state)
  if (!isSame(names, state.sinks) || !isSame(tell, state.tell)) {
    const present = { sinks: names, ...(tell.length === 0 ? {} : { tell }) }
    state = yield* journal.append(app.name, state, null, [make("AlertSinksConfigured", present)])
  }
  for (const record of undeliveredAlerts(state)) {
    for (const sink of sinks) {
      if (!record.owedTo.includes(sink.name)) continue
      const delivered = yield* sink.deliver(app, alertOf(app, record)).pipe(
        Effect.as(true),
        Effect.catch((error) => Effect.as(Effect.logWarning(error.message), false))
      )
      if (delivered) {
        state = yield* journal.append(app.name, state, null, [
          make("AlertDelivered", { alert: record.id, to: sink.name })
        ])
      }
    }
  }
})
