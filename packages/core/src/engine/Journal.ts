/**
 * The log for the engine: an app's state, and appending events to it. Every write expects the version that the state was
 * folded from, so two processes on one app collide here even if a claim were broken (LAW-7).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { type Event, isUnknown } from "../domain/Event.ts"
import { evolve, type Recorded } from "../domain/evolve.ts"
import { isAmong } from "../domain/folders.ts"
import { type AppState, initialStateOf } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { decodeEnvelope, decodeResult, type EventUndecodable, encodeEvent } from "../log/Codec.ts"
import {
  type Envelope,
  EventStore,
  type Foldable,
  type NewEvent,
  type StoreUnavailable,
  type VersionConflict
} from "../log/EventStore.ts"
import { eachPage } from "../log/eachPage.ts"
import { Folds, type Kept } from "./Folds.ts"
import { Actor, Observer } from "./Observer.ts"
import { SavedStates } from "./SavedStates.ts"
import { type LastAsked, sharedMs, Together } from "./together.ts"

export type JournalError = StoreUnavailable | EventUndecodable

export const streamOf = (app: string): string => `app/${app}`

export const appOf = (stream: string): string => (stream.startsWith("app/") ? stream.slice(4) : stream)

export interface FoldersOf {
  readonly app: string
  /** Absolute, without those that are external to the app. */
  readonly paths: ReadonlyArray<string>
}

/** The part of an event in the log that the fold needs. */
export const recordedResult = (envelope: Foldable): Result.Result<Recorded, EventUndecodable> =>
  Result.map(decodeResult(envelope), (event) => ({
    version: envelope.version,
    at: envelope.at,
    attempt: envelope.attempt,
    event
  }))

export const recordedOf = (envelope: Envelope): Effect.Effect<Recorded, EventUndecodable> =>
  Effect.fromResult(recordedResult(envelope))

/** One after another, because an effect for each event of a long log takes longer than its fold. */
const foldOnto = (state: AppState, envelopes: ReadonlyArray<Envelope>): Result.Result<AppState, EventUndecodable> => {
  let next = state
  for (const envelope of envelopes) {
    const recorded = recordedResult(envelope)
    if (Result.isFailure(recorded)) return Result.fail(recorded.failure)
    next = evolve(next, recorded.success)
  }
  return Result.succeed(next)
}

/** So many new events are read to learn which apps they are of. With more, each app is asked for. */
const mostLater = 500

/** Folding as many events takes milliseconds. */
const saveEvery = 1000

const ownFoldersOf = (external: ReadonlyArray<string>, paths: ReadonlyArray<string>) =>
  paths.filter((path) => !isAmong(external, path))

/** Only the newest note counts, so nothing else is decoded: an unreadable app stops no other one. */
const foldersNoted = Effect.fnUntraced(function* (store: EventStore["Service"], stream: string) {
  const notes: Array<Envelope> = []
  yield* eachPage(stream, (page) =>
    Effect.sync(() => {
      notes.push(...page.filter(({ type }) => type === "DataFoldersNoted"))
      return true
    })
  ).pipe(Effect.provideService(EventStore, store))
  const noted = notes.at(-1)
  const read = noted === undefined ? Effect.succeed(null) : decodeEnvelope(noted)
  const event = yield* Effect.catchTag(read, "EventUndecodable", () => Effect.succeed(null))
  if (event === null || isUnknown(event) || event.type !== "DataFoldersNoted") return []
  return ownFoldersOf(event.data.external, event.data.paths)
})

export class Journal extends Context.Service<
  Journal,
  {
    readonly load: (app: string) => Effect.Effect<AppState, JournalError>
    /** The hash of the newest event. As long as it is the same, so is every state. */
    readonly head: Effect.Effect<string, StoreUnavailable>
    /** Appends to the app's stream and returns the state after it. */
    readonly append: (
      app: string,
      state: AppState,
      attempt: string | null,
      events: readonly [Event, ...Array<Event>]
    ) => Effect.Effect<AppState, JournalError | VersionConflict>
    /** The names of all apps in the log, and of the host. */
    readonly names: Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
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

      const saved = yield* SavedStates

      /** null: the log does not have the event up to which it was folded. */
      const foldedFrom = Effect.fnUntraced(
        function* (stream: string, known: Kept) {
          const { version } = known.state
          let { hash, state } = known
          let isSame = version === 0
          let folded = 0
          yield* eachPage(
            stream,
            Effect.fnUntraced(function* (page) {
              const later = isSame ? page : page.slice(1)
              isSame ||= page[0]?.hash === known.hash
              if (!isSame) return false
              state = yield* Effect.fromResult(foldOnto(state, later))
              hash = later.at(-1)?.hash ?? hash
              folded += later.length
              return true
            }),
            Math.max(0, version - 1)
          )
          return isSame ? { ...known, hash, state, folded } : null
        },
        Effect.provideService(EventStore, store)
      )

      const folded = Effect.fnUntraced(function* (app: string, stream: string) {
        const nothing: Kept = { state: initialStateOf(app), hash: "", saved: 0 }
        const kept = folds.of(stream)
        const again = kept === null ? null : yield* foldedFrom(stream, kept)
        if (again !== null) return again
        const onDisk = yield* saved.of(stream)
        const further = onDisk === null ? null : yield* foldedFrom(stream, { ...onDisk, saved: onDisk.state.version })
        return further ?? (yield* foldedFrom(stream, nothing)) ?? { ...nothing, folded: 0 }
      })

      /** A name can be taken again once the log of its former app goes on under the new name. */
      const unlessContinued = Effect.fnUntraced(function* (app: string, state: AppState) {
        if (state.renamed === undefined) return state
        const [first] = yield* store.read(streamOf(state.renamed.to), 0, 1)
        const isContinued = first?.type === "AppContinued" && Predicate.hasProperty(first.data, "from")
        if (!isContinued || first.data.from !== app) return state
        return { ...initialStateOf(app), version: state.version }
      })

      /** Asks the log which streams have new events, unless it was asked a moment ago. */
      const askWhatChanged = Effect.fnUntraced(function* (asked: LastAsked) {
        const { unchanged } = folds
        const now = Number((yield* Clock.monotonicTimeNanos) / 1_000_000n)
        if (now - asked.askedAt < sharedMs) return
        const before = unchanged.at
        const head = yield* store.head
        if (before === null || before.hash !== head.hash) {
          const after = before === null ? 0 : before.position - 1
          const [known, ...later] = before === null ? [] : yield* store.readAll({ after, limit: mostLater + 1 })
          // It is another log, or too many events were added to it.
          if (before === null || known?.hash !== before.hash || later.length === mostLater) unchanged.streams.clear()
          for (const { stream } of later) unchanged.streams.delete(stream)
          unchanged.at = head
        }
        asked.askedAt = now
      })

      /** The state that was folded before, if the app has no event since. For looks at many apps. */
      const unchangedState = Effect.fnUntraced(function* (stream: string, asked: LastAsked) {
        yield* askWhatChanged(asked)
        const kept = folds.of(stream)
        return kept !== null && kept.hash === folds.unchanged.streams.get(stream) ? kept.state : null
      })

      const load = Effect.fnUntraced(function* (app: string) {
        const stream = streamOf(app)
        const asked = yield* Together
        const known = asked === null ? null : yield* unchangedState(stream, asked)
        if (known !== null) return yield* unlessContinued(app, known)
        const asOf = folds.unchanged.at
        const { folded: count, ...now } = yield* folded(app, stream)
        const { state } = now
        if (state.version === 0) return state
        // Versions of a renamed app begin anew.
        const isLong = state.version - now.saved >= saveEvery || count >= saveEvery
        if (isLong) yield* saved.save(stream, now)
        folds.keep(stream, isLong ? { ...now, saved: state.version } : now)
        // Otherwise the log was asked after it was folded.
        if (asked !== null && folds.unchanged.at === asOf) folds.unchanged.streams.set(stream, now.hash)
        return yield* unlessContinued(app, state)
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

      const prefix = streamOf("")
      const names = Effect.map(store.streams, (streams) =>
        streams.filter((stream) => stream.startsWith(prefix)).map(appOf)
      )

      const foldersOfOthers = Effect.fn("Journal.foldersOfOthers")(function* (app: string) {
        const others = (yield* names).filter((name) => name !== app)
        return yield* Effect.forEach(others, (app) =>
          load(app).pipe(
            Effect.map(({ external, folders }) => ownFoldersOf(external, folders)),
            Effect.catchTag("EventUndecodable", () => foldersNoted(store, streamOf(app))),
            Effect.map((paths): FoldersOf => ({ app, paths }))
          )
        )
      })

      return Journal.of({ load, head: Effect.map(store.head, ({ hash }) => hash), append, names, foldersOfOthers })
    })
  )
}
