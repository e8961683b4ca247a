/** `--dry-run` of the commands that act on an app: the decision and its plan, and nothing is done. */
import type { DryRun } from "@lastgood/core/engine/dryRun"
import { Engine } from "@lastgood/core/engine/Engine"
import { Host } from "@lastgood/core/engine/Observer"
import type { Finishing } from "@lastgood/core/engine/Request"
import { live } from "@lastgood/core/live"
import * as Effect from "effect/Effect"
import { Ended } from "./errors.ts"
import { ExitCode } from "./exitCode.ts"
import { needsEnvFile } from "./needsEnvFile.ts"
import { onScreen } from "./onScreen.ts"
import { Json } from "./options.ts"
import { everyApp, hostOf, pluggedApp } from "./plugged.ts"
import { dryRunText } from "./render/dryRun.ts"
import { liveLine } from "./render/timeline.ts"
import { print, printJson } from "./Screen.ts"
import { configuration, withEnvFile } from "./session.ts"

const codes: Readonly<Record<DryRun["action"], ExitCode>> = {
  begin: ExitCode.done,
  record: ExitCode.done,
  resume: ExitCode.done,
  nothing: ExitCode.done,
  refused: ExitCode.refused,
  rejected: ExitCode.error
}

/** Ends with the code that the command itself would end with before it touches the app. */
export const printDryRun = Effect.fnUntraced(function* (request: Finishing, shown: DryRun) {
  if (yield* Json) yield* printJson({ format: 1, dryRun: true, ...shown })
  else yield* print(dryRunText(request, shown))
  const code = codes[shown.action]
  if (code !== ExitCode.done) return yield* new Ended({ code })
})

export const showDryRun = Effect.fn("Cli.dryRun")(function* (
  name: string,
  request: Exclude<Finishing, { _tag: "Resume" }>
) {
  const config = yield* configuration
  const app = yield* pluggedApp(config, name)
  if (needsEnvFile.has(request._tag)) yield* withEnvFile(config, name)
  const host = hostOf(config, (yield* everyApp(config)).apps)
  const shown = yield* Engine.use((engine) => engine.dryRun(app, request)).pipe(
    Effect.provideService(Host, Effect.succeed(host)),
    Effect.provide(live(config, { readOnly: true })),
    onScreen({ line: liveLine })
  )
  yield* printDryRun(request, shown)
})
