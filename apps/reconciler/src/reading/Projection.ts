/**
 * A fold over each app's events that is kept up to date with the log: each reading continues where the last one ended. The
 * log has what every lastgood process did, so the result includes the commands and survives a restart of the daemon.
 */
import { isUnknown } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { appOf, recordedResult, streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import { eachPage } from "@lastgood/core/log/eachPage"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"

export interface Projected<A> {
  /** The last position of the log. */
  readonly position: number
  readonly of: (app: string) => A
  /** Of every app in the log. */
  readonly all: () => ReadonlyArray<A>
  /** false: an event of the app cannot be decoded, so that its value ends there. */
  readonly isReadable: (app: string) => boolean
}

/** @param after adds one event. Pure. */
export const makeProjection = <A>(
  empty: (app: string) => A,
  after: (value: A, recorded: Recorded) => A
): Effect.Effect<{ readonly read: Effect.Effect<Projected<A>, StoreUnavailable, EventStore> }> =>
  Effect.gen(function* () {
    const one = yield* Semaphore.make(1)
    let values = new Map<string, A>()
    /** Values of apps that were renamed, by their former streams. */
    let left = new Map<string, A>()
    let unreadable = new Set<string>()
    let last: Pick<Envelope, "position" | "hash"> | null = null

    const forget = () => {
      values = new Map()
      left = new Map()
      unreadable = new Set()
      last = null
    }

    const add = (envelope: Envelope) => {
      const { hash, position, stream } = envelope
      last = { position, hash }
      if (unreadable.has(stream)) return
      const recorded = recordedResult(envelope)
      if (Result.isFailure(recorded)) {
        unreadable.add(stream)
        return
      }
      const { event } = recorded.success
      const app = appOf(stream)
      let value = values.get(stream) ?? empty(app)
      if (!isUnknown(event) && event.type === "AppRenamed") {
        left.set(stream, value)
        value = empty(app)
      }
      if (!isUnknown(event) && event.type === "AppContinued") value = left.get(streamOf(event.data.from)) ?? value
      values.set(stream, after(value, recorded.success))
    }

    const addAll = (page: ReadonlyArray<Envelope>) =>
      Effect.sync(() => {
        for (const envelope of page) add(envelope)
        return true
      })

    /** Another log may have taken its place: an import, a backup. */
    const isSame = Effect.fnUntraced(function* () {
      if (last === null) return true
      const store = yield* EventStore
      const [found] = yield* store.readAll({ after: last.position - 1, limit: 1 })
      return found?.hash === last.hash
    })

    const catchUp: Effect.Effect<Projected<A>, StoreUnavailable, EventStore> = Effect.gen(function* () {
      if (!(yield* isSame())) forget()
      yield* eachPage(null, addAll, last?.position)
      return {
        position: last?.position ?? 0,
        all: () => [...values.values()],
        of: (app) => values.get(streamOf(app)) ?? empty(app),
        isReadable: (app) => !unreadable.has(streamOf(app))
      }
    })

    return { read: one.withPermits(1)(catchUp) }
  })
