/** The state of apps for `status --json` and the HTTP API: what the runtime reports, beside what the log expects (LAW-16). */
import { Claims } from "@lastgood/core/claim/Claims"
import type { App, ConfiguredApp } from "@lastgood/core/domain/App"
import { asksAddress } from "@lastgood/core/domain/Check"
import { advise, nextText } from "@lastgood/core/domain/Next"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutLabels } from "@lastgood/core/engine/effective"
import { Journal } from "@lastgood/core/engine/Journal"
import type { Look } from "@lastgood/core/engine/reading"
import { awaitingRename, renamesTo } from "@lastgood/core/engine/rename"
import {
  type Observations,
  type Standing,
  standingInLog,
  standingOf,
  standingUnknown
} from "@lastgood/core/engine/standing"
import { together } from "@lastgood/core/engine/together"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"
import type { Checked } from "../checked.ts"
import { type Failure, failureOf } from "../failureOf.ts"
import { nextCheckOf } from "../schedule.ts"
import { eachWithin } from "./eachWithin.ts"

/** The passed checks of the daemon's watch, if they count for a look now; null: ask the app itself. */
export type CheckedOf = (app: ConfiguredApp, look: Look, now: number) => Checked | null

export interface ShownStanding extends Standing {
  /** The process that works on the app now; null: none. */
  readonly workedOnBy: string | null
}

/** Time limit per app, so that a hung engine blocks neither the operator nor the other apps. */
const deadlineMs = 5000

/** The same for a runtime that did not answer for another app: the rest of its apps must not take minutes. */
const silentMs = 500

/** The most apps to look at at the same time: each has its deadline to itself, whatever the number of apps. */
const looksAtOnce = 32

/**
 * Of so many apps, each is asked itself. Of more, the checks of the daemon's watch count, which asks each of them all the
 * time: the requests would take longer than the rest.
 */
const mostAsked = 64

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
      // As in the watch: a fiber costs more than the rest.
      { concurrency: asking.length > 1 ? "unbounded" : 1 }
    )
  })

/** Who works on each app, by the app's name. */
const workers = (apps: ReadonlyArray<App>) =>
  Effect.map(
    Effect.flatMap(Claims, (claims) => claims.holders(apps)),
    (holders) => new Map([...holders].map(([name, { who }]) => [name, who]))
  )

/** Unfinished renames: former names by new ones. */
type Renames = ReadonlyMap<string, string>

/** From the log alone. */
const stateOfApp = Effect.fnUntraced(function* (app: string, renames: Renames) {
  return awaitingRename(app, yield* (yield* Journal).load(app), renames)
})

/** When apps with a schedule are passed over next. Many apps of a host have the same one. */
const nextChecks = (now: number) => {
  const known = new Map<string, string | null>()
  return ({ schedule }: Pick<ConfiguredApp, "schedule">): string | null => {
    const key = schedule ?? ""
    const found = known.get(key)
    if (found !== undefined) return found
    const next = nextCheckOf({ schedule }, now)
    known.set(key, next)
    return next
  }
}

interface Seen {
  readonly app: ConfiguredApp
  /** Whole already if the app could not be looked at. */
  readonly seen: Look | Standing
  readonly checks: Observations["checks"]
  /** Of the checks, if they are earlier ones. */
  readonly checkedAt: number | null
}

const lookAt = Effect.fnUntraced(function* (
  app: ConfiguredApp,
  checkedOf: CheckedOf | null,
  renames: Renames,
  now: number
) {
  const engine = yield* Engine
  const seenWith = (seen: Look, checks: Seen["checks"], checkedAt: number | null = null): Seen => ({
    ...{ app, seen, checks, checkedAt }
  })
  const looked = Effect.gen(function* () {
    const look = yield* engine.look(app)
    const state = awaitingRename(app.name, look.state, renames)
    // Its folder may be there already, and is not compared with a log that has not begun.
    return state === look.state ? look : { ...look, state, refusal: null }
  })
  if (checkedOf === null) {
    const [look, checks] = yield* Effect.all([looked, checksOf(app)], { concurrency: "unbounded" })
    return seenWith(look, checks)
  }
  const look = yield* looked
  const checked = checkedOf(app, look, now)
  return checked === null ? seenWith(look, yield* checksOf(app)) : seenWith(look, checked.checks, checked.at)
})

/**
 * An app counts as worked on if it was when the look began, or is when it ends.
 *
 * @param now epoch milliseconds.
 * @param watched the checks of the daemon's watch; null: it does not watch.
 */
export const askedStandings = Effect.fn("Reading.askedStandings")(function* (
  apps: ReadonlyArray<ConfiguredApp>,
  now: number,
  watched: CheckedOf | null = null
) {
  const before = yield* workers(apps)
  const silent = new Set<string>()
  const nextOf = nextChecks(now)
  const checkedOf = apps.length > mostAsked ? watched : null
  const renames = yield* renamesTo(apps.map(({ name }) => name))
  /** It fails if the log cannot be read. */
  const unknown = (app: ConfiguredApp, { message, next }: Pick<Failure, "message" | "next">) =>
    Effect.map(stateOfApp(app.name, renames), (state): Seen => {
      const seen = standingUnknown(standingInLog(app.name, state, now, nextOf(app)), message, next)
      return { app, seen, checks: [], checkedAt: null }
    })
  const looks = eachWithin(apps, {
    atOnce: looksAtOnce,
    limitMs: ({ runtime }) => (silent.has(runtime) ? silentMs : deadlineMs),
    work: (app) => Effect.catch(lookAt(app, checkedOf, renames, now), (error) => unknown(app, failureOf(error))),
    late: (app, limitMs) => {
      silent.add(app.runtime)
      return unknown(app, {
        message: `the ${app.runtime} runtime did not answer within ${limitMs / 1000} s`,
        next: nextText(app.name, advise`${{ do: "Doctor" }}; ${{ do: "Status", offline: true }} shows the log alone`)
      })
    }
  })
  // A host has many apps, and the spans of each look would cost more than the look.
  const seen = yield* together(Effect.withTracerEnabled(looks, false))
  const after = yield* workers(apps)
  return seen.map(({ app, checkedAt, checks, seen }): ShownStanding => {
    const workedOnBy = before.get(app.name) ?? after.get(app.name) ?? null
    const asked = { checks, checkedAt, isWorkedOn: workedOnBy !== null }
    const standing = "phase" in seen ? seen : standingOf(app.name, seen, asked, now, nextOf(app))
    return { ...standing, workedOnBy }
  })
})

/**
 * From the log alone, whose fold the caller has.
 *
 * @param now epoch milliseconds.
 */
export const standingsIn = Effect.fn("Reading.standingsIn")(function* (
  apps: ReadonlyArray<ConfiguredApp>,
  stateOf: (app: string) => AppState,
  now: number
) {
  const held = yield* workers(apps)
  const nextOf = nextChecks(now)
  return apps.map((app): ShownStanding => {
    const standing = standingInLog(app.name, stateOf(app.name), now, nextOf(app))
    return { ...standing, workedOnBy: held.get(app.name) ?? null }
  })
})

/** From the log alone. @param now epoch milliseconds. */
export const offlineStandings = Effect.fn("Reading.offlineStandings")(function* (
  apps: ReadonlyArray<ConfiguredApp>,
  now: number
) {
  const renames = yield* renamesTo(apps.map(({ name }) => name))
  const states = yield* Effect.forEach(apps, ({ name }) => stateOfApp(name, renames))
  const byName = new Map(apps.map(({ name }, index) => [name, states[index]]))
  return yield* standingsIn(apps, (name) => byName.get(name) ?? initialStateOf(name), now)
})
