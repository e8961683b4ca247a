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

/** The same for a runtime that did not answer for another app: the rest of its apps must not take minutes. */
const silentMs = 500

/** The most apps to look at at the same time: each has its deadline to itself, whatever the number of apps. */
const looksAtOnce = 32

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

/** Who works on each app, by the app's name. */
const workers = (apps: ReadonlyArray<App>) =>
  Effect.map(
    Effect.flatMap(Claims, (claims) => claims.holders(apps)),
    (holders) => new Map([...holders].map(([name, { who }]) => [name, who]))
  )

const inLogOf = Effect.fnUntraced(function* (app: ConfiguredApp, now: number) {
  const state = yield* (yield* Journal).load(app.name)
  return standingInLog(app.name, state, now, nextCheckOf(app, now))
})

/** @param silent the runtimes that did not answer for another app. */
const seenOf = Effect.fnUntraced(function* (app: ConfiguredApp, silent: Set<string>) {
  const engine = yield* Engine
  const waitMs = silent.has(app.runtime) ? silentMs : deadlineMs
  return yield* Effect.all([engine.look(app), checksOf(app)], { concurrency: "unbounded" }).pipe(
    Effect.timeoutOrElse({
      duration: waitMs,
      orElse: () => {
        silent.add(app.runtime)
        return Effect.fail({
          _tag: "NoAnswer" as const,
          message: `the ${app.runtime} runtime did not answer within ${waitMs / 1000} s`,
          next: `lastgood doctor ${app.name}; lastgood status --offline shows the log alone`
        })
      }
    }),
    Effect.catch((error) => Effect.succeed([endOfError(error).failure, []] as const))
  )
})

/** An app counts as worked on if it was when the look began, or is when it ends. */
const asked = Effect.fnUntraced(function* (apps: ReadonlyArray<ConfiguredApp>, now: number) {
  const before = yield* workers(apps)
  const silent = new Set<string>()
  const seen = yield* Effect.forEach(
    apps,
    (app) =>
      Effect.map(Effect.all([inLogOf(app, now), seenOf(app, silent)]), ([inLog, look]) => ({ app, inLog, look })),
    { concurrency: looksAtOnce }
  )
  const after = yield* workers(apps)
  return seen.map(({ app, inLog, look: [look, checks] }) => {
    const workedOnBy = before.get(app.name) ?? after.get(app.name) ?? null
    const standing =
      "tag" in look
        ? standingUnknown(inLog, look.message, look.next)
        : standingOf(app.name, look, { checks, isWorkedOn: workedOnBy !== null }, now, inLog.nextCheck)
    return { ...standing, workedOnBy }
  })
})

const fromLog = Effect.fnUntraced(function* (apps: ReadonlyArray<ConfiguredApp>, now: number) {
  const held = yield* workers(apps)
  return yield* Effect.forEach(apps, (app) =>
    Effect.map(inLogOf(app, now), (standing) => ({ ...standing, workedOnBy: held.get(app.name) ?? null }))
  )
})

const standings = (config: Config, apps: ReadonlyArray<ConfiguredApp>, now: number, offline: boolean) =>
  offline
    ? fromLog(apps, now).pipe(Effect.provide(reading(config)), Effect.provide(ClaimsFlock.layer))
    : asked(apps, now).pipe(Effect.provide(live(config, { readOnly: true })))

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
