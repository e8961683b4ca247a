import { isUnanswered } from "@lastgood/core/engine/standing"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { seenByDaemon } from "../daemon/seen.ts"
import { Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { lazily } from "../lazily.ts"
import { Json } from "../options.ts"
import { checkedText, hostText, leftText, statusText, watchedText } from "../render/status.ts"
import { Columns, print, printJson } from "../Screen.ts"

/** Loaded only if it is needed: it takes longer than an answer of the daemon. */
const lookItself = lazily(() => import("../ownLook.ts"))

/** With `--offline`, shows the log alone. */
export const run = Effect.fn("Cli.status")(function* (input: {
  readonly app: Option.Option<string>
  readonly offline: boolean
}) {
  const byDaemon = input.offline ? null : yield* seenByDaemon(input.app)
  const seen = byDaemon ?? (yield* lookItself(input))
  const { alerts, apps, daemon, unconfigured } = seen
  if (yield* Json) yield* printJson({ format: 1, daemon, apps, unconfigured })
  else {
    const shown = [
      ...[statusText(apps, yield* Columns), ...leftText(unconfigured), ...hostText(alerts)],
      ...[...checkedText(apps), watchedText(daemon)]
    ]
    yield* print(shown.join("\n"))
  }
  if (!input.offline && apps.some(isUnanswered)) return yield* new Ended({ code: ExitCode.error })
})
