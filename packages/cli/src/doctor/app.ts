/** What would go wrong with one app, found while nothing is at stake. Changes nothing. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Claims } from "@lastgood/core/claim/Claims"
import type { App } from "@lastgood/core/domain/App"
import type { AppState } from "@lastgood/core/domain/State"
import { statusOf } from "@lastgood/core/domain/status"
import { Journal } from "@lastgood/core/engine/Journal"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { type Runtime, Runtimes } from "@lastgood/core/runtime/Runtime"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { oneLine, plural, short, size } from "../render/format.ts"
import { type Finding, fail, ok, orFail, warn } from "./Finding.ts"

/** A recipe is laid out to be looked at, and not under the root: the doctor leaves nothing behind. */
const scratch = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "lastgood-doctor-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
)

const recipe = (app: App, runtime: Runtime) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "recipe" }
    const versions = yield* VersionSource
    const offers = yield* versions.list(app, { fetch: false })
    const newest = offers.at(-1)
    if (newest === undefined) return [fail(about, "it has no versions", "tag one, for example: git tag 1.0.0+1.0.0")]
    const release = yield* versions.checkout({ ...app, dir: yield* scratch }, newest, app.envFile)
    const hazards = yield* runtime.preflight(app, release)
    return [
      ok(about, `${plural(offers.length, "version")}, the newest is ${newest.version}`),
      ...hazards.map((h) => fail({ app: app.name, what: h.kind }, h.what, h.next)),
      ...(hazards.length === 0 ? [ok({ app: app.name, what: "hazards" }, `none in ${newest.version}`)] : [])
    ]
  }).pipe(Effect.scoped, orFail({ app: app.name, what: "recipe" }))

const running = (app: App, runtime: Runtime, state: AppState) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "running" }
    const { present, converged, version, services } = yield* runtime.inspect(app)
    const wanted = state.running?.version ?? null
    if (!present) {
      return wanted === null
        ? [ok(about, "it does not run, and lastgood has not deployed it")]
        : [warn(about, `${wanted} should run and does not`, `lastgood deploy ${app.name}`)]
    }
    if (wanted === null) {
      const next = `lastgood promote ${app.name} --version ${version ?? "<the version that runs>"}`
      return [warn(about, "it runs, and lastgood does not know its version yet", next)]
    }
    if (version !== null && version !== wanted) {
      const next = `lastgood promote ${app.name} --version ${version}`
      return [fail(about, `${version} runs, but lastgood deployed ${wanted}: somebody else changed it`, next)]
    }
    const bad = services.filter((s) => !s.ok).map((s) => `${s.name} ${s.state}`)
    return converged
      ? [ok(about, `${wanted} (${services.map((s) => `${s.name} ${s.state}`).join(", ")})`)]
      : [warn(about, `${wanted} runs only in part: ${bad.join(", ")}`, "look at the app's logs")]
  }).pipe(orFail({ app: app.name, what: "running" }))

const health = (app: App, runtime: Runtime, state: AppState) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "health gate" }
    const { checks } = app.gate
    const strength = checks.some((c) => c.kind !== "container")
      ? ok(about, plural(checks.length, "check"))
      : warn(about, "weak: nothing asks the app itself", "add an http or exec check under health.checks")
    if (state.running === null) return [strength]
    const gate = yield* HealthGate
    const looks = yield* Effect.forEach(checks, (check) =>
      Effect.map(gate.look(app, runtime, check), (look) => {
        const aboutCheck = { app: app.name, what: check.name }
        return look.ok
          ? ok(aboutCheck, look.seen)
          : warn(
              aboutCheck,
              `not healthy now: ${look.seen}`,
              "an upgrade from here would have no healthy version to go back to"
            )
      })
    )
    return [strength, ...looks]
  })

const room = (app: App, runtime: Runtime, state: AppState) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "volumes" }
    const volumes = yield* runtime.volumes(app)
    if (volumes.length === 0 && state.data === null) return [ok(about, "none yet")]
    if (volumes.length === 0) return [warn(about, "it has none: there is no data to keep", "check that this is meant")]
    const prepared = yield* (yield* SnapshotStore).prepare(app, volumes)
    const seen = prepared.volumes.map((v) => `${v.name} ${size(v.bytes)}`).join(", ")
    const peak = `the peak needs ${size(prepared.needBytes)}, ${size(prepared.freeBytes)} are free`
    return prepared.needBytes <= prepared.freeBytes
      ? [ok(about, `${seen}; ${peak}`)]
      : [fail(about, `${seen}; ${peak}`, "free room, lower snapshot.keep, or move the root to a larger disk")]
  }).pipe(orFail({ app: app.name, what: "volumes" }))

const claim = (app: App) =>
  Effect.gen(function* () {
    const holder = yield* (yield* Claims).holder(app)
    return holder === null
      ? []
      : [warn({ app: app.name, what: "claim" }, `${holder} works on it now`, "wait for it to end")]
  }).pipe(orFail({ app: app.name, what: "claim" }))

const newestSnapshot = (app: App, state: AppState): ReadonlyArray<Finding> => {
  const about = { app: app.name, what: "last snapshot" }
  const newest = state.snapshots.at(-1)
  if (newest === undefined) return []
  if (newest.verified === false) {
    return [fail(about, `${newest.id} is damaged`, `lastgood snapshot ${app.name} takes a new one`)]
  }
  return newest.verified === null
    ? [warn(about, `${newest.id} was not verified yet`, `lastgood verify ${app.name}`)]
    : [ok(about, `${newest.id} of ${newest.version}, verified`)]
}

const pending = (app: App, state: AppState, now: number): ReadonlyArray<Finding> => {
  const { waitingFor } = statusOf(app.name, state, now)
  if (waitingFor === null) return []
  const seen = short(oneLine(waitingFor.replaceAll("<app>", app.name)))
  return [warn({ app: app.name, what: "waits for" }, seen, `lastgood log ${app.name}`)]
}

const alerts = (app: App, state: AppState): ReadonlyArray<Finding> => {
  const waiting = state.alerts.filter((a) => a.deliveredTo.length === 0).length
  const seen = `${plural(waiting, "alert")} not delivered yet`
  return waiting === 0
    ? []
    : [warn({ app: app.name, what: "alerts" }, seen, "check where alerts go; each run tries again")]
}

export const appFindings = Effect.fn("doctor.app")(function* (app: App) {
  const now = yield* Clock.currentTimeMillis
  const looked = yield* Effect.gen(function* () {
    const state = yield* (yield* Journal).load(app.name)
    const runtime = yield* (yield* Runtimes).get(app.runtime)
    return [
      yield* recipe(app, runtime),
      yield* running(app, runtime, state),
      yield* health(app, runtime, state),
      yield* room(app, runtime, state),
      yield* claim(app),
      newestSnapshot(app, state),
      pending(app, state, now),
      alerts(app, state)
    ].flat()
  }).pipe(orFail({ app: app.name, what: "app" }))
  return looked
})
