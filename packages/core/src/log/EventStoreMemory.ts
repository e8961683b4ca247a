/**
 * The log in memory, for tests and for reading an exported log. It keeps the port's contract except that it does not
 * outlive the process.
 */
import * as Effect from "effect/Effect"
import { flow } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { planAppend, prepare } from "./Append.ts"
import { EventStore, type Head } from "./EventStore.ts"
import { emptyHead, type StoredEvent, toEnvelope, toFoldable, verifyChain } from "./HashChain.ts"

type Log = ReadonlyArray<StoredEvent>

const headOf = (log: Log): Head => log.at(-1) ?? emptyHead

/** A store over a log of the caller. Two stores over one log see each other, as two processes would. */
export const make = (log: SubscriptionRef.SubscriptionRef<Log>): typeof EventStore.Service => {
  const select = (choose: (log: Log) => Log) =>
    Effect.map(
      SubscriptionRef.get(log),
      flow(choose, (chosen) => chosen.map(toEnvelope))
    )
  return EventStore.of({
    append: Effect.fn("EventStore.append")(function* (stream, expected, events) {
      const prepared = yield* Effect.orDie(Effect.fromResult(prepare(stream, events)))
      const plan = yield* SubscriptionRef.modifyEffect(log, (all) => {
        const known = {
          head: headOf(all),
          version: all.findLast((event) => event.stream === stream)?.version ?? 0,
          byId: new Map(all.map((event) => [event.id, event]))
        }
        return Effect.fromResult(planAppend(stream, expected, prepared, known)).pipe(
          Effect.map((plan) => [plan, plan.duplicate ? all : [...all, ...plan.events]] as const)
        )
      }).pipe(Effect.catchTag("BatchInvalid", Effect.die))
      return { events: plan.events.map(toEnvelope), duplicate: plan.duplicate }
    }),
    read: (stream, afterVersion = 0, limit) =>
      select((all) => all.filter((event) => event.stream === stream && event.version > afterVersion).slice(0, limit)),
    readAll: ({ after = 0, limit } = {}) =>
      select((all) => all.filter((event) => event.position > after).slice(0, limit)),
    readToFold: (after, limit) =>
      Effect.map(SubscriptionRef.get(log), (all) =>
        all
          .filter((event) => event.position > after)
          .slice(0, limit)
          .map(toFoldable)
      ),
    tail: (after) =>
      SubscriptionRef.changes(log).pipe(
        Stream.mapAccum(
          () => after,
          (last, all) => {
            const fresh = all.filter((event) => event.position > last)
            return [fresh.at(-1)?.position ?? last, fresh.map(toEnvelope)] as const
          }
        )
      ),
    streams: Effect.map(SubscriptionRef.get(log), (all) => [...new Set(all.map((event) => event.stream))].sort()),
    head: Effect.map(SubscriptionRef.get(log), (all) => {
      const { position, hash } = headOf(all)
      return { position, hash }
    }),
    verify: (expectHead) => Effect.map(SubscriptionRef.get(log), (all) => verifyChain(all, expectHead))
  })
}

/** An empty log. */
export const layer: Layer.Layer<EventStore> = Layer.effect(EventStore, Effect.map(SubscriptionRef.make<Log>([]), make))
