import { streamOf } from "@lastgood/core/engine/Journal"
import { decodeEnvelope } from "@lastgood/core/log/Codec"
import { type Envelope, EventStore } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { historyOf } from "../history.ts"
import { Json } from "../options.ts"
import { visibleJson } from "../render/format.ts"
import { logLine } from "../render/timeline.ts"
import { print } from "../Screen.ts"
import { configuration, reading } from "../session.ts"

/** JSON: one envelope per line, unchanged from the log. */
const tell = (json: boolean) => (envelope: Envelope) =>
  json
    ? print(visibleJson(JSON.stringify(envelope)))
    : Effect.flatMap(decodeEnvelope(envelope), (event) => print(logLine(envelope, event)))

export const run = Effect.fn("Cli.log")(function* (input: {
  readonly app: Option.Option<string>
  readonly follow: boolean
  readonly limit: Option.Option<number>
}) {
  const config = yield* configuration
  const show = tell(yield* Json)
  yield* Effect.gen(function* () {
    const { events, head } = yield* historyOf(config, input.app)
    const limit = Option.getOrElse(input.limit, () => events.length)
    yield* Effect.forEach(limit === 0 ? [] : events.slice(-limit), show, { discard: true })
    if (!input.follow) return
    const wanted = Option.map(input.app, streamOf)
    yield* (yield* EventStore).tail(head).pipe(
      Stream.filter(({ stream }) => Option.isNone(wanted) || wanted.value === stream),
      Stream.runForEach(show)
    )
  }).pipe(Effect.provide(reading(config)))
})
