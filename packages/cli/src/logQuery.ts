/** Which events of the log a command shows. */
import { type EventType, eventTypes } from "@lastgood/core/domain/Event"
import { isoMillis } from "@lastgood/core/domain/time"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { duration } from "@lastgood/core/yaml/duration"
import { nearest } from "@lastgood/core/yaml/nearest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { BadUsage } from "./errors.ts"
import { momentOf } from "./moment.ts"

export interface LogQuery {
  /** Epoch milliseconds. */
  readonly since: number | null
  readonly until: number | null
  /** null: all. */
  readonly types: ReadonlySet<string> | null
  /** The beginning or the end of its id. */
  readonly attempt: string | null
}

export interface LogFlags {
  readonly since: Option.Option<string>
  readonly until: Option.Option<string>
  readonly type: ReadonlyArray<string>
  readonly attempt: Option.Option<string>
}

const decodeDuration = Schema.decodeUnknownOption(duration("how long ago"))

/** A time, or how long ago: `12h`. */
const timeFlag = Effect.fnUntraced(function* (name: string, given: Option.Option<string>) {
  if (Option.isNone(given)) return null
  const ago = Option.getOrNull(decodeDuration(given.value))
  if (ago !== null) return (yield* Clock.currentTimeMillis) - ago
  const moment = momentOf(given.value)
  if (moment !== null) return moment
  return yield* new BadUsage({
    reason: `--${name} ${given.value} is not a time`,
    next: "give a date or a time in the host's time zone, such as 2026-12-24 or 2026-12-24T18:00, or how long ago, such as 12h"
  })
})

const typeNamed = (name: string): Effect.Effect<EventType, BadUsage> => {
  const found = eventTypes.find((type) => type.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return Effect.succeed(found)
  const meant = nearest(name, eventTypes)
  return Effect.fail(
    new BadUsage({
      reason: `--type ${name} is not a type of event`,
      next: meant === null ? "docs/events.md lists them, such as UpgradeAttempted" : `did you mean ${meant}?`
    })
  )
}

export const queryOf = Effect.fn("Cli.queryOf")(function* ({ attempt, since, type, until }: LogFlags) {
  const types = yield* Effect.forEach(
    type.flatMap((names) => names.split(",")),
    typeNamed
  )
  const query: LogQuery = {
    since: yield* timeFlag("since", since),
    until: yield* timeFlag("until", until),
    types: types.length === 0 ? null : new Set(types),
    attempt: Option.getOrNull(attempt)
  }
  return query
})

export const isWanted = (query: LogQuery, { at, attempt, type }: Envelope): boolean => {
  const millis = query.since === null && query.until === null ? 0 : isoMillis(at)
  return (
    (query.since === null || millis >= query.since) &&
    (query.until === null || millis <= query.until) &&
    (query.types === null || query.types.has(type)) &&
    (query.attempt === null ||
      (attempt !== null && (attempt.startsWith(query.attempt) || attempt.endsWith(query.attempt))))
  )
}
