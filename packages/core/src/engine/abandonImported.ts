/** Ends the attempts that were in flight when an imported log was exported. Their outcome is unknown (LAW-16). */
import * as Effect from "effect/Effect"
import { make } from "../domain/Event.ts"
import { EventStore } from "../log/EventStore.ts"
import { Journal, streamOf } from "./Journal.ts"

const prefix = streamOf("")
const why = "the log was exported while the attempt was in flight, so its outcome is unknown"

/** @returns the names of their apps. */
export const abandonImported = Effect.fn("Engine.abandonImported")(function* () {
  const journal = yield* Journal
  const streams = yield* (yield* EventStore).streams
  const names = streams.filter((stream) => stream.startsWith(prefix)).map((stream) => stream.slice(prefix.length))
  return yield* Effect.filter(
    names,
    Effect.fnUntraced(function* (app) {
      const state = yield* journal.load(app)
      const attempt = state.attempt?.id ?? state.foreignAttempt
      if (attempt === null) return false
      // A log of an older lastgood can hold an attempt without an id.
      yield* journal.append(app, state, attempt === "" ? null : attempt, [make("AttemptAbandoned", { why })])
      return true
    })
  )
})
