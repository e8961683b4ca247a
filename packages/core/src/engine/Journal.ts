/**
 * The log for the engine: an app's state, and appending events to it. Every write expects the version that the state was
 * folded from, so two processes on one app collide here even if a claim were broken (LAW-7).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "../domain/Event.ts"
import { evolve, fold, type Recorded } from "../domain/evolve.ts"
import { type AppState, initialStateOf } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { decodeEnvelope, type EventUndecodable, encodeEvent } from "../log/Codec.ts"
import {
  type Envelope,
  EventStore,
  type NewEvent,
  type StoreUnavailable,
  type VersionConflict
} from "../log/EventStore.ts"
import { Actor, Observer } from "./Observer.ts"

export type JournalError = StoreUnavailable | EventUndecodable

export const streamOf = (app: string): string => `app/${app}`

/** The part of an event in the log that the fold needs. */
export const recordedOf = (envelope: Envelope): Effect.Effect<Recorded, EventUndecodable> =>
  Effect.map(decodeEnvelope(envelope), (event) => ({
    version: envelope.version,
    at: envelope.at,
    attempt: envelope.attempt,
    event
  }))

export class Journal extends Context.Service<
  Journal,
  {
    readonly load: (app: string) => Effect.Effect<AppState, JournalError>
    /** Appends to the app's stream and returns the state after it. */
    readonly append: (
      app: string,
      state: AppState,
      attempt: string | null,
      events: readonly [Event, ...Array<Event>]
    ) => Effect.Effect<AppState, JournalError | VersionConflict>
  }
>()("lastgood/engine/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const store = yield* EventStore
      const random = yield* SecureRandom

      const load = Effect.fn("Journal.load")(function* (app: string) {
        const envelopes = yield* store.read(streamOf(app))
        return fold(yield* Effect.forEach(envelopes, recordedOf), initialStateOf(app))
      })

      const append = Effect.fn("Journal.append")(function* (
        app: string,
        state: AppState,
        attempt: string | null,
        events: readonly [Event, ...Array<Event>]
      ) {
        const at = iso(yield* Clock.currentTimeMillis)
        const actor = yield* Actor
        const observer = yield* Observer
        const envelope = (event: Event): Effect.Effect<NewEvent> =>
          Effect.map(random.uuidV7(), (id) => ({ id, at, actor, attempt, ...encodeEvent(event) }))
        const [first, ...rest] = events
        const appended = yield* store.append(streamOf(app), { _tag: "Exactly", version: state.version }, [
          yield* envelope(first),
          ...(yield* Effect.forEach(rest, envelope))
        ])
        let next = state
        for (const one of appended.events) {
          next = evolve(next, yield* recordedOf(one))
          yield* observer(app, one)
        }
        return next
      })

      return Journal.of({ load, append })
    })
  )
}
