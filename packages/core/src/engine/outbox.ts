/**
 * Sends the remote sinks what they are owed (LAW-10). Without the claim on an app, so that no server delays an upgrade; only
 * recording what was sent takes it. Every sink is served beside the others, within its own time limits. A sink that fails is
 * left alone for a while, which the log remembers.
 *
 * One process sends at a time. A crash between sending and recording sends a message twice, and never loses one.
 */
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import type { App } from "../domain/App.ts"
import { afterAlertEvent, isLive } from "../domain/alerts.ts"
import { predictDowntime } from "../domain/downtime.ts"
import { type Event, make } from "../domain/Event.ts"
import { type FailingSink, retryDelayMs } from "../domain/failingSinks.ts"
import { dispatchTo, type Letter, type Told, toldBy, toldEvents } from "../domain/letters.ts"
import { messageFrom } from "../domain/message.ts"
import type { AppState } from "../domain/State.ts"
import { iso, isoMillis } from "../domain/time.ts"
import { type AlertFailed, AlertSinks, type RemoteSink } from "../notify/AlertSink.ts"
import { Engine } from "./Engine.ts"
import { Actor } from "./Observer.ts"

type ToldTo = Told & { readonly to: string }

export interface OutboxOptions {
  /** Of alerts without an app. */
  readonly host: App
  /** How long to wait for another process that sends, and for the claims to record. Milliseconds. */
  readonly waitMs: number
  /** No message is begun after this many milliseconds. */
  readonly limitMs: number
  /** What was sent but could not be recorded yet, by app: another process worked on it. Kept between two calls. */
  readonly unrecorded: Map<string, ReadonlyArray<ToldTo>>
}

interface Box {
  readonly app: App
  readonly state: AppState
}

interface Served {
  readonly sink: string
  readonly told: ReadonlyArray<readonly [app: string, ToldTo]>
  readonly sent: number
  readonly failure: AlertFailed | null
}

const lockedMs = 10_000

/** The lock of the process that sends. */
const doorOf = (host: App): App => ({ ...host, name: "_notify", dir: join(host.dir, "notify") })

const withUnrecorded = (state: AppState, told: ReadonlyArray<ToldTo>): AppState =>
  toldEvents(state, told).reduce(
    (next, event) =>
      event.type === "AlertDelivered" ? afterAlertEvent(next, event, { at: "", version: next.version }, isLive) : next,
    state
  )

const byTime = (a: { readonly letter: Letter }, b: { readonly letter: Letter }): number =>
  isoMillis(a.letter.record.at) - isoMillis(b.letter.record.at)

const serve = Effect.fnUntraced(function* (sink: RemoteSink, boxes: ReadonlyArray<Box>, until: number, host: App) {
  const told: Array<readonly [string, ToldTo]> = []
  const letters: Array<Box & { readonly letter: Letter }> = []
  for (const { app, state } of boxes) {
    const dispatch = dispatchTo(state, sink)
    told.push(...dispatch.spared.map((one) => [app.name, { ...one, to: sink.name }] as const))
    letters.push(...dispatch.letters.map((letter) => ({ app, state, letter })))
  }
  let failure: AlertFailed | null = null
  let sent = 0
  for (const { app, letter, state } of letters.toSorted(byTime)) {
    if ((yield* Clock.currentTimeMillis) >= until) break
    const shown = app.name === host.name ? "lastgood" : app.name
    const message = messageFrom(app.name, shown, letter, predictDowntime(state.downtimes, null))
    const failed: AlertFailed | null = yield* sink.send(message).pipe(
      Effect.as(null),
      Effect.catch((error) => Effect.succeed(error))
    )
    if (failed === null) {
      sent++
      told.push(...toldBy(letter).map((one) => [app.name, { ...one, to: sink.name }] as const))
      continue
    }
    failure ??= failed
    // The next message may be fine if only this one was refused.
    if (failed.isAboutMessage !== true) break
  }
  return { sink: sink.name, told, sent, failure } satisfies Served
})

const healthEvents = (
  served: ReadonlyArray<Served>,
  failing: ReadonlyArray<FailingSink>,
  now: number
): ReadonlyArray<Event> =>
  served.flatMap(({ failure, sent, sink }): ReadonlyArray<Event> => {
    const before = failing.find((one) => one.sink === sink)
    if (failure !== null) {
      const failures = (before?.failures ?? 0) + 1
      const retryAt = iso(now + retryDelayMs(failures, failure.retryAfterMs ?? null))
      return [make("SinkFailed", { sink, failures, why: failure.reason, retryAt })]
    }
    return sent > 0 && before !== undefined ? [make("SinkRecovered", { sink })] : []
  })

const logServed = ({ failure, sent, sink }: Served, failing: ReadonlyArray<FailingSink>): Effect.Effect<void> => {
  if (failure !== null) {
    const isKnown = failing.some((one) => one.sink === sink)
    return isKnown ? Effect.logDebug(failure.message) : Effect.logWarning(`${failure.message}; it is tried again`)
  }
  return sent === 0 ? Effect.void : Effect.logInfo(`sent ${sent === 1 ? "an alert" : `${sent} alerts`} to ${sink}`)
}

/** Never fails. @returns when the first sink that failed is due again, in epoch milliseconds; null: none waits. */
export const flush = Effect.fn("Outbox.flush")(
  function* (apps: ReadonlyArray<App>, { host, limitMs, unrecorded, waitMs }: OutboxOptions) {
    const sinks = yield* (yield* AlertSinks).remote
    if (sinks === null || sinks.length === 0) return null
    yield* (yield* Claims).hold(doorOf(host), yield* Actor, waitMs)
    const engine = yield* Engine
    const now = yield* Clock.currentTimeMillis
    const boxOf = (app: App) =>
      engine.state(app).pipe(
        Effect.map(
          (state): ReadonlyArray<Box> => [{ app, state: withUnrecorded(state, unrecorded.get(app.name) ?? []) }]
        ),
        // An app whose log cannot be read, which its own pass reports, keeps no other app's alerts back.
        Effect.catchTag("EventUndecodable", () => Effect.succeed([]))
      )
    const boxes = (yield* Effect.forEach([...apps, host], boxOf)).flat()
    const failing = boxes.find(({ app }) => app === host)?.state.failing ?? []
    const isDue = ({ name }: RemoteSink) => {
      const before = failing.find(({ sink }) => sink === name)
      return before === undefined || isoMillis(before.retryAt) <= now
    }
    const served = yield* Effect.forEach(sinks.filter(isDue), (sink) => serve(sink, boxes, now + limitMs, host), {
      concurrency: "unbounded"
    })
    const told = served.flatMap((one) => one.told)
    for (const { app } of boxes) {
      const own = [
        ...(unrecorded.get(app.name) ?? []),
        ...told.filter(([name]) => name === app.name).map(([, one]) => one)
      ]
      if (own.length === 0) continue
      unrecorded.set(app.name, own)
      yield* engine.note(app, { _tag: "Told", told: own }, null, waitMs).pipe(
        Effect.andThen(Effect.sync(() => unrecorded.delete(app.name))),
        Effect.catch(({ message }) => Effect.logDebug(`not recorded yet what was sent of ${app.name}: ${message}`))
      )
    }
    yield* Effect.forEach(served, (one) => logServed(one, failing), { discard: true })
    const events = healthEvents(served, failing, yield* Clock.currentTimeMillis)
    if (events.length > 0) yield* Effect.ignore(engine.note(host, { _tag: "Sinks", events }, null, waitMs))
    const after = (yield* engine.state(host)).failing.filter(({ sink }) => sinks.some(({ name }) => name === sink))
    return after.length === 0 ? null : Math.min(...after.map(({ retryAt }) => isoMillis(retryAt)))
  },
  Effect.scoped,
  // Another process sends, and may not have seen the newest alert.
  Effect.catchTag("Locked", () => Effect.map(Clock.currentTimeMillis, (now) => now + lockedMs)),
  Effect.catchCause((cause) => Effect.as(Effect.logWarning("alerts were not sent", cause), null))
)
