import { live } from "@lastgood/core/live"
import type { PassResult } from "@lastgood/reconciler/pass"
import { reconcile, reconcileOnce } from "@lastgood/reconciler/Reconciler"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Ended } from "../errors.ts"
import { ExitCode, ofOutcome, worst } from "../exitCode.ts"
import { endOfError } from "../failure.ts"
import { onScreen } from "../onScreen.ts"
import { Json } from "../options.ts"
import { type PluggedApp, pluggedApps } from "../plugged.ts"
import { oneLine } from "../render/format.ts"
import { logLine } from "../render/timeline.ts"
import { print, printJson } from "../Screen.ts"
import { configuration } from "../session.ts"

/** An app that cannot be worked on is a result of the pass like any other, and stops no other app. */
const disabledOf = ({ name, app }: PluggedApp): ReadonlyArray<PassResult> => {
  if (Result.isSuccess(app)) return []
  const { message, next } = endOfError(app.failure).failure
  return [{ app: name, outcome: "error", why: message, next }]
}

/** Held back by a gate, or worked on by another lastgood, is how an unattended pass is meant to end. */
const codeOf = ({ outcome }: PassResult): ExitCode => {
  if (outcome === "skipped" || outcome === "refused") return ExitCode.done
  return outcome === "error" ? ExitCode.error : ofOutcome(outcome)
}

const lineOf = ({ app, outcome, why, next }: PassResult): string =>
  `${app}: ${outcome}${why === "" ? "" : `: ${why}`}${next === "" ? "" : ` (next: ${next})`}`

export const run = Effect.fn("reconcile")(function* (input: {
  readonly once: boolean
  readonly concurrency: number
  readonly skipFetch: boolean
}) {
  const config = yield* configuration
  const all = yield* pluggedApps(config, Option.none())
  const apps = all.flatMap(({ app }) => (Result.isSuccess(app) ? [app.success] : []))
  const disabled = all.flatMap(disabledOf)
  const world = live(config, { readOnly: false })
  const options = { world, apps, concurrency: input.concurrency, fetch: !input.skipFetch }
  const results = yield* Effect.gen(function* () {
    yield* Effect.forEach(disabled, (result) => Effect.logError(lineOf(result)))
    return input.once ? yield* reconcileOnce(options) : yield* reconcile(options)
  }).pipe(onScreen({ line: logLine, daemon: true }))
  const passed = [...results, ...disabled]
  if (yield* Json) yield* printJson({ format: 1, apps: passed })
  else yield* print(passed.map((result) => oneLine(lineOf(result))).join("\n"))
  const code = worst(passed.map(codeOf))
  if (code !== ExitCode.done) return yield* new Ended({ code })
})
