/** Commands that act on an app: the engine, its timeline on the screen, its report in words and as exit code. */
import { Engine } from "@lastgood/core/engine/Engine"
import type { Request } from "@lastgood/core/engine/Request"
import { live } from "@lastgood/core/live"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Ended } from "./errors.ts"
import { ExitCode, ofOutcome } from "./exitCode.ts"
import { onScreen } from "./onScreen.ts"
import { Json } from "./options.ts"
import { pluggedApp } from "./plugged.ts"
import { reportText } from "./render/report.ts"
import { liveLine } from "./render/timeline.ts"
import { print, printJson } from "./Screen.ts"
import { configuration, withEnvFile } from "./session.ts"

/** The way back brings the env file of its snapshot. */
const needsEnvFile: ReadonlySet<Request["_tag"]> = new Set(["Upgrade", "Deploy", "Snapshot", "Promote"])

const interrupted = (app: string) => () =>
  Console.error(`lastgood: interrupted; what was begun is finished by the next command that acts on ${app}`)

/**
 * @param waitMs how long to wait for another lastgood that works on the app.
 * @returns nothing: ends with the exit code of the outcome.
 */
export const act = Effect.fn("act")(function* (name: string, request: Request, waitMs: number) {
  const config = yield* configuration
  const app = yield* pluggedApp(config, name)
  if (needsEnvFile.has(request._tag)) yield* withEnvFile(config, name)
  const json = yield* Json
  const told = yield* Effect.gen(function* () {
    const engine = yield* Engine
    const report = yield* engine.run(app, request, waitMs).pipe(Effect.onInterrupt(interrupted(name)))
    return { report, state: yield* engine.state(app) }
  }).pipe(Effect.provide(live(config, { readOnly: false })), onScreen({ line: liveLine, daemon: false }))
  if (json) yield* printJson({ format: 1, ...told.report })
  else yield* print(reportText(app, request, told.report, told.state))
  const code = ofOutcome(told.report.outcome)
  if (code !== ExitCode.done) return yield* new Ended({ code })
})
