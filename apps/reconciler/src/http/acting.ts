/**
 * Begins attempts, by the same way as the commands and the daemon's own passes. The attempt belongs to the daemon: it goes on
 * when the client has gone, takes one of the daemon's turns, and ends with the daemon as a pass does.
 */
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor, Configured, Observer } from "@lastgood/core/engine/Observer"
import type { Report, Request } from "@lastgood/core/engine/Request"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberMap from "effect/FiberMap"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { Api, actor, claimWaitMs } from "./api/Api.ts"
import { Conflict } from "./api/problems.ts"
import { usableApp } from "./apps.ts"
import { orRefused } from "./asProblem.ts"
import { Serving } from "./Daemon.ts"
import { shownReport } from "./words.ts"

/** A client that does not learn of its attempt within this time finds it in the log. */
const patience = "20 seconds"

const format = 1 as const

export const ActingLive = HttpApiBuilder.group(
  Api,
  "acting",
  Effect.fnUntraced(function* (handlers) {
    const { daemon } = yield* Serving
    const running = yield* FiberMap.make<string>()
    const one = yield* Semaphore.make(1)

    const begin = (name: string, request: Request) =>
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
          Effect.provide(Layer.fresh(daemon.writing)),
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
        const accepted = Effect.map(Deferred.await(begun), (attempt) => ({ format, app: name, ...attempt }))
        const late = Effect.delay(Effect.succeed({ format, app: name, attempt: null, position: null }), patience)
        return yield* Effect.raceAllFirst([accepted, Effect.map(Deferred.await(ended), shownReport), late])
      }).pipe(orRefused)

    return handlers
      .handle("upgrade", ({ params, payload: { acceptNotes = false, fetch = true, to = null } }) =>
        begin(params.app, { _tag: "Upgrade", to, trigger: "operator", fetch, acceptNotes })
      )
      .handle("rollback", ({ params, payload }) =>
        begin(params.app, { _tag: "Rollback", snapshot: payload.snapshot ?? null })
      )
      .handle("snapshot", ({ params }) => begin(params.app, { _tag: "Snapshot" }))
  })
)
