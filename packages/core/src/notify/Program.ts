/** Adapter: messages through a program, which gets the text on standard input. */
import * as Effect from "effect/Effect"
import { faultOf, faultText, remedyFor } from "../disk/ownership.ts"
import type { Message } from "../domain/message.ts"
import { oneLine } from "../health/problem.ts"
import { run } from "../process/Tool.ts"
import { NotSent } from "./NotSent.ts"
import type { ProgramTarget } from "./Target.ts"

/** The output may contain URLs of Apprise's configuration, whose secrets are not known here. */
const withoutUrls = (text: string): string => oneLine(text).replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, "…")

/** @param timeoutMs after this the program is ended. */
export const send = Effect.fnUntraced(function* (target: ProgramTarget, message: Message, timeoutMs: number) {
  const fault = target.files.map((file) => faultOf(file)).find((found) => found !== null)
  if (fault !== undefined) return yield* new NotSent({ reason: `${faultText(fault)}; ${remedyFor(fault)}`, said: "" })
  const { app, at, level, outcome, text, title } = message
  const ended = run(target.program, target.args(message), {
    input: `${text}\n`,
    timeoutMs,
    maxBytes: 1024 * 1024,
    env: {
      LASTGOOD_APP: app,
      LASTGOOD_TITLE: title,
      LASTGOOD_LEVEL: level,
      LASTGOOD_OUTCOME: outcome,
      LASTGOOD_AT: at
    }
  })
  const { stdout } = yield* Effect.mapError(
    ended,
    (error) => new NotSent({ reason: "", said: withoutUrls(error.said) })
  )
  const said = withoutUrls(stdout.trim().split("\n", 1)[0] ?? "")
  return said === "" ? "ended with code 0" : said
})
