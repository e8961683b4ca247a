import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { App, EffectiveApp, PluggedApp } from "../domain/App.ts"
import type { Breaker } from "../domain/policy/breaker.ts"
import type { AppState } from "../domain/State.ts"
import type { EventUndecodable } from "../log/Codec.ts"
import type { StoreUnavailable } from "../log/EventStore.ts"
import type { RuntimeUnavailable } from "../runtime/Runtime.ts"
import type { SnapshotFailed } from "../snapshot/SnapshotStore.ts"
import { about } from "./about.ts"
import { type Ahead, type Mirrors, prepareAhead } from "./ahead.ts"
import { makeDriver } from "./drive.ts"
import type { DryRun } from "./dryRun.ts"
import { Journal } from "./Journal.ts"
import { makeNoting } from "./noting.ts"
import { hostBreaker } from "./others.ts"
import { Projections } from "./Projections.ts"
import type { EngineError, Ports } from "./ports.ts"
import type { Finishing, Preview, Report, Request } from "./Request.ts"
import { dryRun, effective, glance, type Look, look, preview } from "./reading.ts"
import { makeRunning } from "./running.ts"
import type { Glance, Noted } from "./watch.ts"

export class Engine extends Context.Service<
  Engine,
  {
    /** The app's state, from the log alone. */
    readonly state: (app: App) => Effect.Effect<AppState, StoreUnavailable | EventUndecodable>
    /** Identifies the newest event of the log. As long as it is the same, so is the state of every app. */
    readonly head: Effect.Effect<string, StoreUnavailable>
    /**
     * Finishes an attempt that is in flight, then carries out the request. Holds the claim meanwhile. Interruption is safe at
     * any time: lastgood first finishes a step that keeps the app down, up to the deploy, and the whole rollback of a try.
     *
     * @param waitMs how long to wait for the claim, in milliseconds.
     */
    readonly run: (app: PluggedApp, request: Request, waitMs?: number) => Effect.Effect<Report, EngineError>
    /** The effective settings for the running version, such as when to look for a newer one. */
    readonly effective: (
      app: PluggedApp
    ) => Effect.Effect<EffectiveApp, StoreUnavailable | EventUndecodable | RuntimeUnavailable>
    /** Checks the app's health once. Changes nothing, takes no claim. */
    readonly glance: (app: EffectiveApp) => Effect.Effect<Glance>
    /**
     * Records the result of several health checks, with its alert or notice. Fails with `Locked` if another process works on
     * the app.
     *
     * @param version of the app's stream when the checks began: the stream must not have changed since. null: any version.
     * @param waitMs how long to wait for the claim, in milliseconds.
     * @returns false if nothing was recorded: it is in the log already, or the app has changed since.
     */
    readonly note: (
      app: App,
      noted: Noted,
      version: number | null,
      waitMs?: number
    ) => Effect.Effect<boolean, EngineError>
    /**
     * Brings the mirrors of an app that runs up to date, ahead of its next upgrade. Borrows the claim meanwhile, and gives it
     * back to any `run` or `note` that wants it. Fails with `Locked` if another process works on the app.
     *
     * @param isDue decides it, by what it is told of the mirrors.
     */
    readonly prepareAhead: (
      app: PluggedApp,
      isDue: (mirrors: Mirrors) => Effect.Effect<boolean>
    ) => Effect.Effect<Ahead, EngineError | SnapshotFailed>
    /** Compares the runtime and the disk with the log. Changes nothing, takes no claim. */
    readonly look: (app: App) => Effect.Effect<Look, EngineError>
    /** The breaker of the host (`Host`); null: it is closed. */
    readonly breaker: Effect.Effect<Breaker | null, StoreUnavailable | EventUndecodable>
    /** Returns what `run` with an upgrade would do now. Changes nothing, takes no claim. */
    readonly preview: (
      app: PluggedApp,
      request: Extract<Request, { _tag: "Upgrade" }>
    ) => Effect.Effect<Preview, EngineError>
    /** Returns what `run` would do now with any request. Changes nothing, takes no claim. */
    readonly dryRun: (
      app: PluggedApp,
      request: Exclude<Finishing, { _tag: "Resume" }>
    ) => Effect.Effect<DryRun, EngineError>
  }
>()("lastgood/engine/Engine") {
  static readonly layer = Layer.effect(
    Engine,
    Effect.gen(function* () {
      const journal = yield* Journal
      const ports = yield* Effect.context<Ports>()
      const driver = makeDriver(journal, yield* Projections)
      const noting = makeNoting(driver)
      const { run } = makeRunning(driver, noting)

      const serve = <A, E>(app: App, work: Effect.Effect<A, E, Ports>): Effect.Effect<A, E> =>
        work.pipe(about({ app: app.name }), Effect.provide(ports))

      return Engine.of({
        breaker: Effect.provide(hostBreaker, ports),
        head: journal.head,
        look: (app) => serve(app, look(app)),
        effective: (app) => serve(app, effective(app)),
        state: (app) => serve(app, journal.load(app.name)),
        glance: (app) => serve(app, glance(app)),
        note: (app, noted, version, waitMs) => serve(app, noting.note(app, noted, version, waitMs)),
        run: (app, request, waitMs) => serve(app, run(app, request, waitMs)),
        prepareAhead: (app, isDue) => serve(app, prepareAhead(app, isDue)),
        preview: (app, request) => serve(app, preview(app, request)),
        dryRun: (app, request) => serve(app, dryRun(app, request))
      })
    })
  )
}
