import { Claims } from "@lastgood/core/claim/Claims"
import * as ClaimsFlock from "@lastgood/core/claim/ClaimsFlock"
import { daemonOf } from "@lastgood/core/claim/daemonLock"
import type { Config } from "@lastgood/core/config/Config"
import { parseSchedule } from "@lastgood/core/config/schedule"
import type { App, ConfiguredApp } from "@lastgood/core/domain/App"
import { asksAddress } from "@lastgood/core/domain/Check"
import { iso } from "@lastgood/core/domain/time"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import { Journal } from "@lastgood/core/engine/Journal"
import { type Standing, standingInLog, standingOf, standingUnknown } from "@lastgood/core/engine/standing"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { live } from "@lastgood/core/live"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Ended } from "../errors.ts"
import { ExitCode } from "../exitCode.ts"
import { endOfError } from "../failure.ts"
import { Json } from "../options.ts"
import { statusText, watchedText } from "../render/status.ts"
import { print, printJson } from "../Screen.ts"
import { appsNamed, configuration, reading } from "../session.ts"

/** Time limit per app, so that a hung engine blocks neither the operator nor the other apps. */
const deadlineMs = 5000

/** Only for a schedule: with an interval it depends on the daemon's last pass, which is not recorded. */
const nextCheckOf = ({ schedule }: ConfiguredApp, now: number): string | null => {
  const cron = schedule === null ? null : parseSchedule(schedule)
  return cron !== null && Result.isSuccess(cron) ? iso(Cron.next(cron.success, now).getTime()) : null
}

/** Runs only checks over the network. The daemon and the doctor also run commands in containers. */
const checksOf = (app: ConfiguredApp) =>
  Effect.gen(function* () {
    const gate = yield* HealthGate
    const runtime = yield* (yield* Runtimes).get(app.runtime)
    const asking = app.gate.checks.filter(asksAddress)
    return yield* Effect.forEach(
      asking,
      (check) =>
        Effect.map(gate.runCheck(withoutLabels(withoutPlugin(app)), runtime, check), ({ ok, seen }) => ({
          name: check.name,
          ok,
          seen
        })),
      { concurrency: "unbounded" }
    )
  })

const holderOf = (app: App) =>
  Effect.flatMap(Claims, (claims) => claims.holder(app)).pipe(
    Effect.map((holder) => holder?.who ?? null),
    Effect.orElseSucceed(() => null)
  )

const inLogOf = Effect.fnUntraced(function* (app: ConfiguredApp, now: number) {
  const state = yield* (yield* Journal).load(app.name)
  return standingInLog(app.name, state, now, nextCheckOf(app, now))
})

const asked = Effect.fnUntraced(function* (app: ConfiguredApp, now: number) {
  const inLog = yield* inLogOf(app, now)
  const engine = yield* Engine
  const [before, look, checks] = yield* Effect.all([holderOf(app), engine.look(app), checksOf(app)], {
    concurrency: "unbounded"
  }).pipe(
    Effect.timeoutOrElse({
      duration: deadlineMs,
      orElse: () =>
        Effect.fail({
          _tag: "NoAnswer" as const,
          message: `the ${app.runtime} runtime did not answer within ${deadlineMs / 1000} s`,
          next: `lastgood doctor ${app.name}; lastgood status --offline shows the log alone`
        })
    }),
    Effect.catch((error) => Effect.succeed([null, endOfError(error).failure, []] as const))
  )
  const workedOnBy = before ?? (yield* holderOf(app))
  const standing =
    "tag" in look
      ? standingUnknown(inLog, look.message, look.next)
      : standingOf(app.name, look, { checks, isWorkedOn: workedOnBy !== null }, now, inLog.nextCheck)
  return { ...standing, workedOnBy }
})

const fromLog = Effect.fnUntraced(function* (app: ConfiguredApp, now: number) {
  return { ...(yield* inLogOf(app, now)), workedOnBy: yield* holderOf(app) }
})

const standings = (config: Config, apps: ReadonlyArray<ConfiguredApp>, now: number, offline: boolean) =>
  offline
    ? Effect.forEach(apps, (app) => fromLog(app, now)).pipe(
        Effect.provide(reading(config)),
        Effect.provide(ClaimsFlock.layer)
      )
    : Effect.forEach(apps, (app) => asked(app, now), { concurrency: "unbounded" }).pipe(
        Effect.provide(live(config, { readOnly: true }))
      )

/** Compares the running app, as the runtime reports it, with the log (LAW-16). */
export const lookAt = Effect.fn("Cli.lookAt")(function* (app: Option.Option<string>, offline: boolean) {
  const config = yield* configuration
  const named = yield* appsNamed(config, app)
  const now = yield* Clock.currentTimeMillis
  const apps = yield* standings(config, named, now, offline)
  return { daemon: yield* daemonOf(config.root), apps }
})

/** With `--offline`, shows the log alone. */
export const run = Effect.fn("Cli.status")(function* (input: {
  readonly app: Option.Option<string>
  readonly offline: boolean
}) {
  const { apps, daemon } = yield* lookAt(input.app, input.offline)
  yield* (yield* Json) ? printJson({ format: 1, daemon, apps }) : print(`${statusText(apps)}\n${watchedText(daemon)}`)
  const isUnknown = ({ now, phase }: Standing) => phase === "unknown" && now === null
  if (!input.offline && apps.some(isUnknown)) return yield* new Ended({ code: ExitCode.error })
})
