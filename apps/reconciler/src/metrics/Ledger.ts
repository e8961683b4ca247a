/**
 * The tallies of all apps, kept up to date with the log: each reading continues where the last one ended. The log has what
 * every lastgood process did, so the numbers include the commands and survive a restart of the daemon.
 */
import { recordedOf, streamOf } from "@lastgood/core/engine/Journal"
import { type Envelope, EventStore, type StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import { noTally, type Tally, tallied } from "./Tally.ts"

const pageSize = 500

export interface Reading {
  /** The last position of the log. */
  readonly position: number
  readonly tally: (app: string) => Tally
  /** false: an event of the app cannot be decoded, so that its numbers end there. */
  readonly isReadable: (app: string) => boolean
}

export const makeLedger = Effect.gen(function* () {
  const one = yield* Semaphore.make(1)
  let tallies = new Map<string, Tally>()
  let unreadable = new Set<string>()
  let last: Pick<Envelope, "position" | "hash"> | null = null

  const forget = () => {
    tallies = new Map()
    unreadable = new Set()
    last = null
  }

  const add = Effect.fnUntraced(function* (envelope: Envelope) {
    const { stream } = envelope
    last = envelope
    if (unreadable.has(stream)) return
    const recorded = yield* Effect.result(recordedOf(envelope))
    if (Result.isFailure(recorded)) unreadable.add(stream)
    else tallies.set(stream, tallied(tallies.get(stream) ?? noTally(stream.replace(/^app\//, "")), recorded.success))
  })

  /** Another log may have taken its place: an import, a backup. */
  const isSame = Effect.fnUntraced(function* () {
    if (last === null) return true
    const store = yield* EventStore
    const [found] = yield* store.readAll({ after: last.position - 1, limit: 1 })
    return found?.hash === last.hash
  })

  const catchUp: Effect.Effect<Reading, StoreUnavailable, EventStore> = Effect.gen(function* () {
    const store = yield* EventStore
    if (!(yield* isSame())) forget()
    while (true) {
      const page: ReadonlyArray<Envelope> = yield* store.readAll({ after: last?.position ?? 0, limit: pageSize })
      for (const envelope of page) yield* add(envelope)
      if (page.length < pageSize) break
      // A long log must not keep the daemon from its work.
      yield* Effect.yieldNow
    }
    return {
      position: last?.position ?? 0,
      tally: (app) => tallies.get(streamOf(app)) ?? noTally(app),
      isReadable: (app) => !unreadable.has(streamOf(app))
    }
  })

  return { read: one.withPermits(1)(catchUp) }
})
