/**
 * The log for the engine: an app's state, and appending events to it. Every write expects the version that the state was
 * folded from, so two processes on one app collide here even if a claim were broken (LAW-7).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Event, isUnknown } from "../domain/Event.ts"
import { evolve, fold, type Recorded } from "../domain/evolve.ts"
import { isAmong } from "../domain/folders.ts"
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
import { Folds } from "./Folds.ts"
import { Actor, Observer } from "./Observer.ts"

export type JournalError = StoreUnavailable | EventUndecodable

export const streamOf = (app: string): string => `app/${app}`

export const appOf = (stream: string): string => stream.replace(/^app\//, "")

export interface FoldersOf {
  readonly app: string
  /** Absolute, without those that are external to the app. */
  readonly paths: ReadonlyArray<string>
}

/** The part of an event in the log that the fold needs. */
export const recordedOf = (envelope: Envelope): Effect.Effect<Recorded, EventUndecodable> =>
  Effect.map(decodeEnvelope(envelope), (event) => ({
    version: envelope.version,
    at: envelope.at,
    attempt: envelope.attempt,
    event
  }))

/** Only the newest note counts, so nothing else is decoded. */
const foldersIn = Effect.fnUntraced(function* (store: EventStore["Service"], stream: string) {
  const noted = (yield* store.read(stream)).findLast(({ type }) => type === "DataFoldersNoted")
  // An unreadable app stops no other one.
  const read = noted === undefined ? Effect.succeed(null) : decodeEnvelope(noted)
  const event = yield* Effect.catchTag(read, "EventUndecodable", () => Effect.succeed(null))
  if (event === null || isUnknown(event) || event.type !== "DataFoldersNoted") return []
  const { external, paths } = event.data
  return paths.filter((path) => !isAmong(external, path))
})

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
    /** The data folders of the other apps in the log, whether these are up or down. */
    readonly foldersOfOthers: (app: string) => Effect.Effect<ReadonlyArray<FoldersOf>, JournalError>
  }
>()("lastgood/engine/Journal") {
  static readonly layer = Layer.effect(
    Journal,
    Effect.gen(function* () {
      const store = yield* EventStore
      const random = yield* SecureRandom

      const folds = yield* Folds

      const load = Effect.fnUntraced(function* (app: string) {
        const stream = streamOf(app)
        const known = folds.of(stream)
        const [first, ...later] = known === null ? [] : yield* store.read(stream, known.state.version - 1)
        const isSame = known !== null && first?.hash === known.hash
        const envelopes = isSame ? later : yield* store.read(stream)
        const last = envelopes.at(-1)
        const from = isSame ? known.state : initialStateOf(app)
        if (last === undefined) return from
        const state = fold(yield* Effect.forEach(envelopes, recordedOf), from)
        folds.keep(stream, { state, hash: last.hash })
        return state
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

      const foldersOfOthers = Effect.fn("Journal.foldersOfOthers")(function* (app: string) {
        const others = (yield* store.streams).filter((stream) => stream.startsWith("app/") && stream !== streamOf(app))
        return yield* Effect.forEach(others, (stream) =>
          Effect.map(foldersIn(store, stream), (paths): FoldersOf => ({ app: stream.slice("app/".length), paths }))
        )
      })

      return Journal.of({ load, append, foldersOfOthers })
    })
  )
}
