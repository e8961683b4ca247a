import { testMessage } from "@lastgood/core/domain/message"
import { iso } from "@lastgood/core/domain/time"
import { remoteSinks } from "@lastgood/core/notify/AlertSinksLive"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { BadUsage, Ended } from "../../errors.ts"
import { ExitCode } from "../../exitCode.ts"
import { Json } from "../../options.ts"
import { oneLine } from "../../render/format.ts"
import { print, printJson } from "../../Screen.ts"
import { configuration } from "../../session.ts"

/** Sends one message to each sink at the same time. Records nothing. */
export const run = Effect.fn("Cli.notifyTest")(function* (input: { readonly sink: Option.Option<string> }) {
  const { file, notify } = yield* configuration
  const all = remoteSinks(notify)
  const named = Option.getOrElse(input.sink, () => "")
  const sinks = all.filter(({ name }) => name.startsWith(named))
  if (sinks.length === 0) {
    const known = all.length === 0 ? "it has none" : `it has ${all.map(({ name }) => name).join(", ")}`
    return yield* new BadUsage({
      reason: named === "" ? `there are no sinks in ${file}` : `there is no such sink in ${file}: ${known}`,
      next: all.length === 0 ? `add a URL under notify: in ${file}` : "name one of these"
    })
  }
  const message = testMessage(iso(yield* Clock.currentTimeMillis))
  const results = yield* Effect.forEach(
    sinks,
    ({ name, send }) =>
      Effect.map(Effect.result(send(message)), (sent) => ({
        sink: name,
        ok: Result.isSuccess(sent),
        answer: Result.match(sent, { onSuccess: (answer) => answer, onFailure: ({ reason }) => reason })
      })),
    { concurrency: "unbounded" }
  )
  const isOk = results.every(({ ok }) => ok)
  if (yield* Json) yield* printJson({ format: 1, ok: isOk, sinks: results })
  else {
    yield* print(results.map(({ answer, ok, sink }) => oneLine(`${sink}: ${ok ? "" : "failed: "}${answer}`)).join("\n"))
  }
  if (!isOk) return yield* new Ended({ code: ExitCode.error })
})
