/** Checks one app for problems before an attempt meets them. Changes nothing, but for test files that it removes. */
import { Claims, type Holder } from "@lastgood/core/claim/Claims"
import type { App, EffectiveApp, PluggedApp } from "@lastgood/core/domain/App"
import { kindOf } from "@lastgood/core/domain/Attempt"
import { undeliveredAlerts } from "@lastgood/core/domain/alerts"
import { mayHaveMirrors } from "@lastgood/core/domain/mayHaveMirrors"
import { forApp, nextText } from "@lastgood/core/domain/Next"
import type { AppState } from "@lastgood/core/domain/State"
import { statusOf } from "@lastgood/core/domain/status"
import { Engine } from "@lastgood/core/engine/Engine"
import { effectiveFor, withoutLabels } from "@lastgood/core/engine/effective"
import { Journal } from "@lastgood/core/engine/Journal"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { applyLabels } from "@lastgood/core/recipe/labels"
import { type Runtime, Runtimes } from "@lastgood/core/runtime/Runtime"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { oneLine, plural, short } from "../render/format.ts"
import { external, room } from "./data.ts"
import { type Finding, fail, isSound, ok, orFail, warn } from "./Finding.ts"
import { recipeFindings } from "./recipe.ts"
import { deadlineFindings, gateFinding, settingsFindings } from "./settings.ts"

const running = (app: App, runtime: Runtime, state: AppState, holder: Holder | null) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "running" }
    const { present, converged, version, services } = yield* runtime.inspect(app)
    const wanted = state.running?.version ?? null
    if (!present && state.attempt !== null) {
      const { direction } = state.attempt
      const what = direction === "back" ? `rollback of the ${kindOf(state.attempt)}` : kindOf(state.attempt)
      const seen = `it is down in the middle of the ${what}`
      return holder === null
        ? [fail(about, seen, `lastgood reconcile --once, or any command that acts on ${app.name}, finishes it`)]
        : [warn(about, `${seen}, which is running now`, `lastgood status ${app.name}`)]
    }
    if (!present) {
      // `pending` says why it is down.
      if (wanted === null && state.down !== null) return []
      return wanted === null
        ? [ok(about, "it is not running, and lastgood has not deployed it")]
        : [warn(about, `${wanted} should be running, but it is stopped`, `lastgood deploy ${app.name}`)]
    }
    if (wanted === null) {
      const next = nextText(app.name, { do: "Promote", version })
      return [warn(about, "it is running, but lastgood does not know its version yet", next)]
    }
    if (version !== null && version !== wanted) {
      const next = `lastgood promote ${app.name} --version ${version}`
      return [
        fail(
          about,
          `${version} is running, but lastgood deployed ${wanted}: the app was changed without lastgood`,
          next
        )
      ]
    }
    const bad = services.filter((s) => !s.ok).map((s) => `${s.name} ${s.state}`)
    return converged
      ? [ok(about, `${wanted} (${services.map((s) => `${s.name} ${s.state}`).join(", ")})`)]
      : [
          warn(
            about,
            `some services of ${wanted} are not running: ${bad.join(", ")}`,
            `read the app's logs, then lastgood deploy ${app.name}`
          )
        ]
  }).pipe(orFail({ app: app.name, what: "running" }))

/** LAW-15, LAW-16: reports drift instead of the state that the log expects. */
const world = (app: App, state: AppState, runtime: Runtime, holder: Holder | null) =>
  Effect.gen(function* () {
    const { envChanged, refusal } = yield* (yield* Engine).look(app)
    const env = envChanged
      ? [
          warn(
            { app: app.name, what: "env file" },
            "it has changed since the app was deployed",
            `to apply it: lastgood deploy ${app.name}`
          )
        ]
      : []
    // A process that works on the app may be changing it.
    if (refusal === null || holder !== null) return [...(yield* running(app, runtime, state, holder)), ...env]
    const what = refusal.gate === "data-missing" ? "data" : refusal.gate
    // One finding, without `pending`, because its remedy is the only one: a start would be refused.
    const down = state.attempt === null && state.down !== null ? `; it is down: ${oneLine(state.down.reason)}` : ""
    return [fail({ app: app.name, what }, refusal.reason + down, refusal.next), ...env]
  }).pipe(orFail({ app: app.name, what: "running" }))

const health = (app: EffectiveApp, runtime: Runtime, runs: boolean) =>
  Effect.gen(function* () {
    const { checks } = app.gate
    const strength = gateFinding(app)
    if (!runs) return [strength]
    const gate = yield* HealthGate
    const looks = yield* Effect.forEach(checks, (check) =>
      Effect.map(gate.runCheck(app, runtime, check), (look) => {
        const aboutCheck = { app: app.name, what: check.name }
        return look.ok
          ? ok(aboutCheck, look.seen)
          : warn(
              aboutCheck,
              `unhealthy now: ${look.seen}`,
              "repair the app first: a failed upgrade would have no healthy version to roll back to"
            )
      })
    )
    return [strength, ...looks]
  })

/** The code that the app's plugin adds to an upgrade. */
const pluginFindings = ({ extension, name }: EffectiveApp): ReadonlyArray<Finding> => {
  if (extension === null) return []
  const hooks = extension.hooks.map(({ step, when }) => `${when} ${step}`).join(", ")
  const gates = extension.gates.map((gate) => gate.name).join(", ")
  const parts = [hooks === "" ? "no hooks" : `hooks ${hooks}`, gates === "" ? "no gates" : `gates ${gates}`]
  return [ok({ app: name, what: "plugin" }, `${extension.plugin}: ${parts.join("; ")}`)]
}

const claim = (app: App, { who, next }: Holder): Finding =>
  warn({ app: app.name, what: "claim" }, `held by ${who}`, next)

const newestSnapshot = (app: PluggedApp, state: AppState) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "last snapshot" }
    const newest = state.snapshots.at(-1)
    if (newest === undefined) return []
    const another = `to take a new one: lastgood snapshot ${app.name}`
    if (newest.verified === false) return [fail(about, `${newest.id} is damaged`, another)]
    const whole = yield* (yield* SnapshotStore).list(app)
    const found = whole.find(({ id }) => id === newest.id)
    if (found === undefined) {
      return [fail(about, `${newest.id} is no longer whole on disk (lastgood verify ${app.name})`, another)]
    }
    // The attempt that took it makes its archives as well.
    if (state.attempt === null && Object.values(found.archives).some(({ mirror }) => mirror !== undefined)) {
      const seen = `${newest.id} is not sealed: its archive could not be made, and its mirror is the only copy`
      const byItself = mayHaveMirrors(app) ? "the daemon makes it within a day, if it can; now" : "to make it"
      const next = `${byItself}, and another snapshot after it: lastgood snapshot ${app.name}`
      return [warn(about, seen, next)]
    }
    return newest.verified === null
      ? [warn(about, `${newest.id} has not been verified yet`, `lastgood verify ${app.name}`)]
      : [ok(about, `${newest.id} of ${newest.version}, verified`)]
  }).pipe(orFail({ app: app.name, what: "last snapshot" }))

/** Names of findings of `world` about an app that differs from the log. */
const differences: ReadonlySet<string> = new Set(["data", "drift", "log-behind"])

/** @param differs whether `world` tells why the app is down. */
const pending = (app: App, state: AppState, now: number, differs = false): ReadonlyArray<Finding> => {
  const { waitingFor } = statusOf(app.name, state, now)
  if (waitingFor === null) return []
  if (state.attempt === null && state.down !== null) {
    if (differs) return []
    const about = { app: app.name, what: "running" }
    const { asked, reason } = state.down
    const [seen, next] = [`it is down: ${oneLine(reason)}`, forApp(app.name, state.down.next)]
    // An operator wanted it, so there is nothing to correct.
    return [asked ? ok(about, `${seen}; ${next}`) : warn(about, seen, next)]
  }
  const seen = short(oneLine(waitingFor))
  return [warn({ app: app.name, what: "waits for" }, seen, `lastgood log ${app.name}`)]
}

const alerts = (app: App, state: AppState): ReadonlyArray<Finding> => {
  const waiting = undeliveredAlerts(state).length
  const seen = `${plural(waiting, "alert")} not delivered yet`
  return waiting === 0
    ? []
    : [warn({ app: app.name, what: "alerts" }, seen, "check the alert sinks; each run tries again")]
}

/** What can be told of an app whose runtime does not answer, which the host's findings say. */
const withoutRuntime = (app: PluggedApp, state: AppState, now: number) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "not checked" }
    const seen = `runtime ${app.runtime} cannot be used, so recipe, hazards, health and data were not checked`
    return [
      warn(about, seen, ""),
      yield* newestSnapshot(app, state),
      pending(app, state, now),
      alerts(app, state)
    ].flat()
  })

/** An upgrade that a hazard or a failed check would stop is not announced. */
const consistent = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  isSound(findings) ? findings : findings.filter(({ level, what }) => level !== "ok" || what !== "upgrade")

/** @param host what the findings of the host say already. */
export const appFindings = Effect.fn("Doctor.app")(function* (
  app: PluggedApp,
  host: { readonly isRuntimeDead: boolean; readonly isRootWritable: boolean }
) {
  const now = yield* Clock.currentTimeMillis
  const looked = yield* Effect.gen(function* () {
    const state = yield* (yield* Journal).load(app.name)
    if (host.isRuntimeDead) return yield* withoutRuntime(app, state, now)
    const runtime = yield* (yield* Runtimes).get(app.runtime)
    const holder = yield* (yield* Claims).holder(app)
    const runs = state.running
    const isPresent = yield* Effect.map(runtime.inspect(app), ({ present }) => present).pipe(
      Effect.orElseSucceed(() => false)
    )
    const adopts = runs === null && isPresent
    const kept = yield* effectiveFor(app, runtime, { running: runs, target: runs })
    const recipe = yield* recipeFindings(app, kept, runtime, state)
    // A stopped app is judged by the labels of the version that a deploy would start.
    const effective = runs === null ? withoutLabels(applyLabels(app, recipe.services).app) : kept
    const seen = yield* world(app, state, runtime, holder)
    const differs = seen.some(({ level, what }) => level === "fail" && differences.has(what))
    const found = [
      recipe.findings,
      pluginFindings(effective),
      settingsFindings(effective),
      deadlineFindings(effective, recipe.services),
      seen,
      yield* health(effective, runtime, isPresent),
      // Measuring a volume opens its files, which could break the quiet of a running attempt.
      ...(holder === null
        ? [yield* room(effective, runtime, state, { ...host, adopts, folders: recipe.folders })]
        : [claim(app, holder)]),
      external(app),
      yield* newestSnapshot(app, state),
      pending(app, state, now, differs),
      alerts(app, state)
    ]
    return consistent(found.flat())
  }).pipe(orFail({ app: app.name, what: "app" }))
  return looked
})
