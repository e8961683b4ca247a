/** The state of apps for `status --json` and the HTTP API: what the runtime reports, beside what the log expects (LAW-16). */
import { Claims } from "@lastgood/core/claim/Claims"
import type { App, ConfiguredApp } from "@lastgood/core/domain/App"
import { asksAddress } from "@lastgood/core/domain/Check"
import { advise, nextText } from "@lastgood/core/domain/Next"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import { Journal } from "@lastgood/core/engine/Journal"
import { type Standing, standingInLog, standingOf, standingUnknown } from "@lastgood/core/engine/standing"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import { failureOf } from "../failureOf.ts"
import { nextCheckOf } from "../schedule.ts"

export interface ShownStanding extends Standing {
  /** The process that works on the app now; null: none. */
  readonly workedOnBy: string | null
}

/** Time limit per app, so that a hung engine blocks neither the operator nor the other apps. */
const deadlineMs = 5000

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

/** @param now epoch milliseconds. */
export const askedStanding = Effect.fn("Reading.askedStanding")(function* (app: ConfiguredApp, now: number) {
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
          next: nextText(app.name, advise`${{ do: "Doctor" }}; ${{ do: "Status", offline: true }} shows the log alone`)
        })
    }),
    Effect.catch((error) => Effect.succeed([null, failureOf(error), []] as const))
  )
  const workedOnBy = before ?? (yield* holderOf(app))
  const standing =
    "tag" in look
      ? standingUnknown(inLog, look.message, look.next)
      : standingOf(app.name, look, { checks, isWorkedOn: workedOnBy !== null }, now, inLog.nextCheck)
  const shown: ShownStanding = { ...standing, workedOnBy }
  return shown
})

/** From the log alone. @param now epoch milliseconds. */
export const offlineStanding = Effect.fn("Reading.offlineStanding")(function* (app: ConfiguredApp, now: number) {
  const shown: ShownStanding = { ...(yield* inLogOf(app, now)), workedOnBy: yield* holderOf(app) }
  return shown
})

/** Whether the runtime was asked and did not answer. */
export const isUnanswered = ({ now, phase }: Standing): boolean => phase === "unknown" && now === null
