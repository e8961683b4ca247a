/**
 * What operators do with apps through the daemon, by the same way as the commands and the daemon's own passes. The API and
 * the pages use it. Whatever was begun goes on when the client has gone, and ends with the daemon as a pass does.
 */
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor, Configured, Observer } from "@lastgood/core/engine/Observer"
import type { Report, Request, Word } from "@lastgood/core/engine/Request"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { acknowledge } from "../acknowledge.ts"
import type { Tagged } from "../failureOf.ts"
import { hostApp, hostName } from "../namedApp.ts"
import { actor, claimWaitMs } from "./api/Api.ts"
import { Conflict, type NotFound, type Unavailable, type Unprocessable } from "./api/problems.ts"
import { configuredApp, usableApp } from "./apps.ts"
import { orRefused } from "./asProblem.ts"
import type { Daemon } from "./Daemon.ts"

/** A client that does not learn of its attempt within this time finds it in the log. */
const patience = "20 seconds"

/** A request that only records an operator's decision. */
export type Decided = Word | Extract<Request, { readonly _tag: "Approve" }>

/** A request that may begin an attempt. */
export type Attempted = Exclude<Request, Decided | { readonly _tag: "Resume" }>

/** `attempt` null: it waits for a turn of the daemon, or still looks for versions. `position`: of its first event. */
export type Begun =
  | { readonly _tag: "Begun"; readonly attempt: string | null; readonly position: number | null }
  | { readonly _tag: "Ended"; readonly report: Report }

export type Problem = NotFound | Conflict | Unprocessable | Unavailable

export class Acts extends Context.Service<
  Acts,
  {
    /**
     * Begins an attempt, in one of the daemon's turns. At most one for an app at the same time.
     *
     * @returns once its first event is in the log, or when it ended without an attempt.
     */
    readonly begin: (name: string, request: Attempted) => Effect.Effect<Begun, Problem>
    /** Also acknowledges alerts without an app (`_host`), and of an app that is not usable. */
    readonly record: (name: string, decided: Decided) => Effect.Effect<Report, Problem>
  }
>()("lastgood/http/Acts") {
  static readonly layer = (daemon: Daemon) => Layer.effect(Acts, makeActs(daemon))
}

const makeActs = Effect.fnUntraced(function* (daemon: Daemon) {
  const scope = yield* Effect.scope
  const running = yield* FiberMap.make<string>()
  const one = yield* Semaphore.make(1)
  const fresh = Layer.fresh(daemon.writing)

  const begin = (name: string, request: Attempted) =>
    Effect.gen(function* () {
      yield* usableApp(daemon, name)
      const begun = yield* Deferred.make<{ readonly attempt: string; readonly position: number }>()
      const outer = yield* Observer
      let before: string | null = null
      /** An attempt that was in flight is finished first; it is not the one that was asked for. */
      const observer: Observer = (observed, { attempt, position, ...event }) =>
        Effect.andThen(
          outer(observed, { attempt, position, ...event }),
          attempt === null || attempt === before ? Effect.void : Deferred.succeed(begun, { attempt, position })
        )
      const act = Effect.gen(function* () {
        const app = yield* usableApp(daemon, name)
        const engine = yield* Engine
        before = (yield* engine.state(app)).attempt?.id ?? null
        return yield* engine.run(app, request, claimWaitMs)
      }).pipe(
        daemon.turns.withPermits(1),
        Effect.provide(fresh),
        // Outermost: the engine keeps what it was built with.
        Effect.provideService(Observer, observer),
        Effect.provideService(Actor, actor),
        Effect.provideService(Configured, (app) => daemon.current(app.name)),
        orRefused
      )
      const ended = yield* Deferred.make<Report, Effect.Error<typeof act>>()
      const tell = (exit: Exit.Exit<Report, Effect.Error<typeof act>>) =>
        Exit.isFailure(exit)
          ? Effect.logWarning(`${name}: ${request._tag} asked over HTTP failed`, exit.cause)
          : Effect.void
      const started = Effect.gen(function* () {
        if (yield* FiberMap.has(running, name)) {
          const detail = `another request works on ${name}`
          return yield* new Conflict({ detail, next: "wait for its end" })
        }
        yield* FiberMap.run(
          running,
          name,
          act.pipe(
            Effect.onExit((exit) => Effect.andThen(Deferred.done(ended, exit), tell(exit))),
            Effect.ignore
          )
        )
      })
      yield* one.withPermits(1)(started)
      return yield* Effect.raceAllFirst([
        Effect.map(Deferred.await(begun), (attempt): Begun => ({ _tag: "Begun", ...attempt })),
        Effect.map(Deferred.await(ended), (report): Begun => ({ _tag: "Ended", report })),
        Effect.delay(Effect.succeed<Begun>({ _tag: "Begun", attempt: null, position: null }), patience)
      ])
    }).pipe(orRefused)

  /** Goes on if the client has gone: it may have begun to finish an attempt in flight. */
  const finished = <A, E extends Tagged>(work: Effect.Effect<A, E, Layer.Success<typeof fresh>>) =>
    work.pipe(
      Effect.provide(fresh),
      // Outermost: the engine keeps what it was built with.
      Effect.provideService(Actor, actor),
      Effect.forkIn(scope),
      Effect.flatMap(Fiber.join)
    )

  const record = (name: string, decided: Decided) =>
    Effect.gen(function* () {
      if (decided._tag === "Acknowledge") {
        const app = name === hostName ? hostApp(daemon.root) : yield* configuredApp(daemon, name)
        return (yield* finished(acknowledge(app, decided.alert, claimWaitMs))).report
      }
      const app = yield* usableApp(daemon, name)
      return yield* finished(Effect.flatMap(Engine, (engine) => engine.run(app, decided, claimWaitMs)))
    }).pipe(orRefused)

  return Acts.of({ begin, record })
})
