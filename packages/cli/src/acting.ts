/** Commands that act on an app: the engine, its timeline on the screen, its report as text and as exit code. */
import { CommandOutput } from "@lastgood/core/command/Commands"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { nextText } from "@lastgood/core/domain/Next"
import { Engine } from "@lastgood/core/engine/Engine"
import type { EngineError } from "@lastgood/core/engine/ports"
import type { Finishing, Report, Request } from "@lastgood/core/engine/Request"
import { reportOf } from "@lastgood/core/engine/report"
import { live } from "@lastgood/core/live"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { DaemonLost, RefusedByDaemon } from "./daemon/errors.ts"
import { linkTo } from "./daemon/linkTo.ts"
import { showDryRun } from "./dryRun.ts"
import { Ended } from "./errors.ts"
import { ExitCode, ofOutcome } from "./exitCode.ts"
import { needsEnvFile } from "./needsEnvFile.ts"
import { onScreen } from "./onScreen.ts"
import { Json } from "./options.ts"
import { pluggedApp } from "./plugged.ts"
import { reportText } from "./render/report.ts"
import { liveLine } from "./render/timeline.ts"
import { print, printJson } from "./Screen.ts"
import { sendAlerts, sendAlertsOf } from "./sendAlerts.ts"
import { configuration, withEnvFile } from "./session.ts"

/**
 * @param before the last attempt before the command.
 * @param byDaemon whether the daemon worked for the command.
 */
const interrupted = Effect.fnUntraced(
  function* (app: PluggedApp, request: Request, before: string | undefined, byDaemon: boolean) {
    const state = yield* (yield* Engine).state(app)
    const ended = state.attempt === null && state.lastOutcome?.attempt !== before
    // A try is rolled back first.
    if (request._tag === "Try" && ended) {
      return yield* Console.error(
        `lastgood: interrupted\n${reportText(app, request, reportOf(app.name, state, {}), state)}`
      )
    }
    const isBegun = state.attempt !== null || state.lastOutcome?.attempt !== before
    if (!isBegun) return yield* Console.error(`lastgood: interrupted before ${app.name} was touched`)
    yield* Console.error(
      byDaemon
        ? `lastgood: interrupted; the daemon finishes the attempt now: ${nextText(app.name, { do: "Log" })}`
        : `lastgood: interrupted; the next command that acts on ${app.name} finishes the attempt`
    )
  },
  (effect) => Effect.ignore(effect)
)

/**
 * @param waitMs how long to wait for the claim, in milliseconds.
 * @returns the report, the app's state after it, and whether the daemon of the root did it.
 */
export const perform = Effect.fn("Cli.perform")(function* (name: string, request: Request, waitMs: number) {
  const config = yield* configuration
  const app = yield* pluggedApp(config, name)
  if (needsEnvFile.has(request._tag)) yield* withEnvFile(config, name)
  const output = yield* CommandOutput
  const shown: CommandOutput = (yield* Json) ? (_, chunk) => output("stderr", chunk) : output
  const link = yield* linkTo(config, name, request)
  return yield* Effect.gen(function* () {
    const engine = yield* Engine
    const before = (yield* engine.state(app)).lastOutcome?.attempt
    const work: Effect.Effect<Report, EngineError | RefusedByDaemon | DaemonLost> =
      link === null ? engine.run(app, request, waitMs) : link.run(waitMs)
    const report = yield* work.pipe(Effect.onInterrupt(() => interrupted(app, request, before, link !== null)))
    return { app, config, report, state: yield* engine.state(app), byDaemon: link !== null }
  }).pipe(
    Effect.provide(live(config, { readOnly: link !== null })),
    onScreen({ line: liveLine }),
    Effect.provideService(CommandOutput, shown)
  )
})

/**
 * Carries out the request as the whole of a command.
 *
 * @returns never: ends with the exit code of the outcome.
 */
export const carryOut = Effect.fn("Cli.carryOut")(function* (
  name: string,
  request: Exclude<Request, { _tag: "Resume" }>,
  waitMs: number
) {
  const { app, byDaemon, config, report, state } = yield* perform(name, request, waitMs).pipe(
    // A command that failed may have raised an alert too.
    Effect.tapError(() => Effect.ignore(Effect.flatMap(configuration, (read) => sendAlertsOf(read, name))))
  )
  if (yield* Json) yield* printJson({ format: 1, ...report })
  else yield* print(reportText(app, request, report, state))
  // A daemon sends them by itself.
  if (!byDaemon) yield* sendAlerts(config, [app])
  const code = ofOutcome(report.outcome)
  if (code !== ExitCode.done) return yield* new Ended({ code })
})

/**
 * The same for a command with `--dry-run`.
 *
 * @param dryRun show what the request would do instead. Required, so that no command forgets its own flag.
 */
export const act = Effect.fnUntraced(function* (
  name: string,
  request: Exclude<Finishing, { _tag: "Resume" }>,
  waitMs: number,
  dryRun: boolean
) {
  yield* dryRun ? showDryRun(name, request) : carryOut(name, request, waitMs)
})
