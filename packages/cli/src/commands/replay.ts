import { makeStates } from "@lastgood/core/domain/makeStates"
import { type AppState, plainState } from "@lastgood/core/domain/State"
import { statusOf } from "@lastgood/core/domain/status"
import { isoMillis } from "@lastgood/core/domain/time"
import { appOf, recordedResult } from "@lastgood/core/engine/Journal"
import type { EventUndecodable } from "@lastgood/core/log/Codec"
import type { Foldable } from "@lastgood/core/log/EventStore"
import { eachPage, eachPageToFold } from "@lastgood/core/log/eachPage"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { BadUsage } from "../errors.ts"
import { streamNamed } from "../history.ts"
import { momentOf } from "../moment.ts"
import { Json } from "../options.ts"
import { oneLine, time } from "../render/format.ts"
import { statusText } from "../render/status.ts"
import { Columns, print, printJson } from "../Screen.ts"
import { configuration, reading } from "../session.ts"

type Until = (event: Foldable) => boolean

/** Whether an event comes after `--until`. */
const after = (until: string): Effect.Effect<Until, BadUsage> => {
  if (/^\d+$/.test(until)) return Effect.succeed((event) => event.position > Number(until))
  const limit = momentOf(until)
  if (limit !== null) return Effect.succeed(({ at }) => isoMillis(at) > limit)
  return Effect.fail(
    new BadUsage({
      reason: `--until ${until} is not a position of the log or a time`,
      next: "give a position (lastgood log shows them), or a date or a time in the host's time zone, such as 2026-01-31T03:00, or with a Z in UTC"
    })
  )
}

/** The states of the apps, and the last event of the log. */
interface Replayed {
  readonly states: ReadonlyMap<string, AppState>
  last: Foldable | undefined
}

/** An earlier state is a prefix of the log, up to the first later event. Times do not order events. */
const replay = Effect.fnUntraced(function* (stream: string | null, isAfter: Until) {
  const { add: fold, states } = makeStates()
  const replayed: Replayed = { states, last: undefined }
  const add = (page: ReadonlyArray<Foldable>): Result.Result<boolean, EventUndecodable> => {
    for (const envelope of page) {
      if (isAfter(envelope)) return Result.succeed(false)
      const recorded = recordedResult(envelope)
      if (Result.isFailure(recorded)) return Result.fail(recorded.failure)
      fold(appOf(envelope.stream), recorded.success)
      replayed.last = envelope
    }
    return Result.succeed(true)
  }
  const use = (page: ReadonlyArray<Foldable>) => Effect.fromResult(add(page))
  yield* stream === null ? eachPageToFold(use) : eachPage(stream, use)
  return replayed
})

/** The same log gives the same output, at any time and on any host. */
export const run = Effect.fn("Cli.replay")(function* (input: {
  readonly app: Option.Option<string>
  readonly until: Option.Option<string>
}) {
  const config = yield* configuration
  const isAfter = Option.isNone(input.until) ? () => false : yield* after(input.until.value)
  const { last, states } = yield* Effect.flatMap(streamNamed(config, input.app), (stream) =>
    replay(stream, isAfter)
  ).pipe(Effect.provide(reading(config)))
  const apps = [...states].map(([app, state]) => ({ app, state }))
  if (yield* Json) {
    const plain = apps.map(({ app, state }) => ({ app, state: plainState(state) }))
    return yield* printJson({ format: 1, position: last?.position ?? 0, at: last?.at ?? null, apps: plain })
  }
  if (last === undefined) return yield* print("the log has no such events")
  const now = Option.match(DateTime.make(last.at), { onNone: () => 0, onSome: DateTime.toEpochMillis })
  yield* print(
    `after event ${last.position} (${time(oneLine(last.at))})\n${statusText(
      apps.map((a) => statusOf(a.app, a.state, now)),
      yield* Columns
    )}`
  )
})
