/**
 * What operators do with apps through the daemon, by the same way as the commands and the daemon's own passes. The API, the
 * pages and the commands use it. Whatever was begun goes on when the client has gone, and ends with the daemon as a pass does.
 */
import { Engine } from "@lastgood/core/engine/Engine"
import { Actor, Configured, Observer } from "@lastgood/core/engine/Observer"
import type { Decided, Report, Request } from "@lastgood/core/engine/Request"
import type { Envelope } from "@lastgood/core/log/EventStore"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { acknowledge } from "../acknowledge.ts"
import { closeBreaker } from "../closeBreaker.ts"
import type { Tagged } from "../failureOf.ts"
import { hostApp, hostName } from "../namedApp.ts"
import { actor } from "./api/Api.ts"
import { Conflict, type NotFound, type Unavailable, Unprocessable } from "./api/problems.ts"
import { configuredApp, usableApp } from "./apps.ts"
import { orRefused } from "./asProblem.ts"
import { claimWaitMs } from "./claimWait.ts"
import type { Daemon } from "./Daemon.ts"

/** A client that does not learn of its attempt within this time finds it in the log. */
const patience = "20 seconds"

/** A request that may begin an attempt. */
export type Attempted = Exclude<Request, Decided | { readonly _tag: "Resume" | "Prune" }>

/** `attempt` null: it waits for a turn of the daemon, or still looks for versions. `position`: of its first event. */
export type Begun =
  | { readonly _tag: "Begun"; readonly attempt: string | null; readonly position: number | null }
  | { readonly _tag: "Ended"; readonly report: Report }

export type Problem = NotFound | Conflict | Unprocessable | Unavailable

/** How a command wants its request carried out. */
export interface How {
  readonly actor: string
  /** How long to wait for the claim, in milliseconds. */
  readonly waitMs: number
  /** Gets each event that the act records. Must not wait for the client. */
  readonly hear: (event: Envelope) => Effect.Effect<void>
}

type Work = Effect.Effect<Report, Tagged>
type Ended = Exit.Exit<Report, Tagged>

/** An act in progress. */
interface Act {
  readonly app: string
  /** The attempts that it worked on: also one that was in flight, and was finished first. */
  readonly attempts: Set<string>
}

export class Acts extends Context.Service<
  Acts,
  {
    /**
     * Begins an attempt, in one of the daemon's turns. At most one for an app at the same time.
     *
     * @returns once its first event is in the log, or when it ended without an attempt.
     */
    readonly begin: (name: string, request: Attempted) => Effect.Effect<Begun, Problem>
    /** Also acknowledges alerts without an app (`_host`), and of an app that is not usable; `_host` released: its breaker. */
    readonly record: (name: string, decided: Decided) => Effect.Effect<Report, Problem>
    /**
     * Does what a command asks for, as the command itself would: without waiting for a turn, and one after the other by the
     * claim on the app.
     *
     * @returns the name of the act, and its end.
     */
    readonly perform: (
      name: string,
      request: Request,
      how: How
    ) => Effect.Effect<{ readonly act: string; readonly end: Effect.Effect<Ended> }, NotFound | Unprocessable>
    /**
     * Interrupts an act as Ctrl-C does a command: a step that keeps the app down is finished first, and a try is rolled back.
     * Does not wait for that.
     *
     * @returns whether it was in progress.
     */
    readonly interrupt: (act: string) => Effect.Effect<boolean>
    /**
     * The same for all that was begun here on an app.
     *
     * @param attempt only what works on this attempt; null: everything.
     */
    readonly interruptOn: (name: string, attempt: string | null) => Effect.Effect<void, NotFound | Unprocessable>
    /** Whether something that was begun here works on the attempt now, so that it can be interrupted. */
    readonly isAt: (name: string, attempt: string) => boolean
  }
>()("lastgood/http/Acts") {
  static readonly layer = (daemon: Daemon) => Layer.effect(Acts, makeActs(daemon))
}

const makeActs = Effect.fnUntraced(function* (daemon: Daemon) {
  const scope = yield* Effect.scope
  const running = yield* FiberMap.make<string>()
  const one = yield* Semaphore.make(1)
  const fresh = Layer.fresh(daemon.writing)
  const acts = new Map<string, Act>()
  let last = 0

  /** Works in the background, until the daemon ends. */
  const launch = Effect.fnUntraced(function* (
    name: string,
    request: Request,
    { actor: who, hear, waitMs }: How,
    within: (work: Work) => Work
  ) {
    const outer = yield* Observer
    last += 1
    const id = String(last)
    const act: Act = { app: name, attempts: new Set() }
    const observer: Observer = (observed, event) => {
      if (event.attempt !== null) act.attempts.add(event.attempt)
      return Effect.andThen(outer(observed, event), hear(event))
    }
    const work = Effect.gen(function* () {
      const app = yield* usableApp(daemon, name)
      return yield* (yield* Engine).run(app, request, waitMs)
    }).pipe(
      Effect.provide(fresh),
      // Outermost: the engine keeps what it was built with.
      Effect.provideService(Observer, observer),
      Effect.provideService(Actor, who),
      Effect.provideService(Configured, (app) => daemon.current(app.name))
    )
    const ended = yield* Deferred.make<Ended>()
    acts.set(id, act)
    yield* FiberMap.run(
      running,
      id,
      within(work).pipe(
        Effect.onExit((exit) => {
          acts.delete(id)
          const isCut = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
          // Its unfinished attempt goes on at once, because the app may be down.
          return Effect.andThen(isCut ? daemon.wake(name) : Effect.void, Deferred.succeed(ended, exit))
        }),
        Effect.ignore
      )
    )
    return { act: id, end: Deferred.await(ended) }
  })

  const isBusy = (name: string) => [...acts.values()].some(({ app }) => app === name)

  const begin = (name: string, request: Attempted) =>
    Effect.gen(function* () {
      const app = yield* usableApp(daemon, name)
      const begun = yield* Deferred.make<{ readonly attempt: string; readonly position: number }>()
      let before: string | null = null
      /** An attempt that was in flight is finished first; it is not the one that was asked for. */
      const hear = ({ attempt, position }: Envelope) =>
        attempt === null || attempt === before
          ? Effect.void
          : Effect.asVoid(Deferred.succeed(begun, { attempt, position }))
      const inFlight = Effect.gen(function* () {
        before = (yield* (yield* Engine).state(app)).attempt?.id ?? null
      }).pipe(Effect.provide(fresh))
      /** The client may have gone, or knows only that the attempt has begun. */
      const within = (work: Work): Work =>
        daemon.turns
          .withPermits(1)(Effect.andThen(inFlight, work))
          .pipe(
            Effect.tapCause((cause) =>
              Cause.hasInterruptsOnly(cause)
                ? Effect.void
                : Effect.logWarning(`${name}: ${request._tag} asked over HTTP failed`, cause)
            )
          )
      const started = Effect.gen(function* () {
        if (isBusy(name)) {
          const detail = `another request works on ${name}`
          return yield* new Conflict({ detail, next: "wait for its end" })
        }
        return yield* launch(name, request, { actor, waitMs: claimWaitMs, hear }, within)
      })
      const { end } = yield* one.withPermits(1)(started)
      const ended = Effect.gen(function* () {
        const exit = yield* end
        if (Exit.isSuccess(exit)) return { _tag: "Ended" as const, report: exit.value }
        if (!Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.failCause(exit.cause)
        return yield* new Unprocessable({ detail: "it was interrupted before it began" })
      })
      return yield* Effect.raceAllFirst([
        Effect.map(Deferred.await(begun), (attempt): Begun => ({ _tag: "Begun", ...attempt })),
        ended,
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
      if (decided._tag === "Release" && name === hostName) {
        return yield* finished(closeBreaker(hostApp(daemon.root), claimWaitMs))
      }
      const app = yield* usableApp(daemon, name)
      return yield* finished(Effect.flatMap(Engine, (engine) => engine.run(app, decided, claimWaitMs)))
    }).pipe(orRefused)

  const isAt = (name: string, attempt: string) =>
    [...acts.values()].some(({ app, attempts }) => app === name && attempts.has(attempt))

  const perform = Effect.fnUntraced(function* (name: string, request: Request, how: How) {
    yield* usableApp(daemon, name)
    return yield* launch(name, request, how, (work) => work)
  })

  const interrupt = Effect.fnUntraced(function* (act: string) {
    const fiber = yield* FiberMap.get(running, act)
    if (fiber._tag === "None") return false
    fiber.value.interruptUnsafe()
    return true
  })

  const interruptOn = Effect.fnUntraced(function* (name: string, attempt: string | null) {
    yield* configuredApp(daemon, name)
    const found = [...acts].filter(([, one]) => one.app === name && (attempt === null || one.attempts.has(attempt)))
    const done = yield* Effect.forEach(found, ([act]) => interrupt(act))
    if (done.includes(true)) return
    return yield* new Unprocessable({
      detail: `no request or command works on ${name}${attempt === null ? "" : ` in attempt ${attempt}`}`,
      next: "the daemon's own upgrades end by themselves; to stop later ones, hold the app"
    })
  })

  return Acts.of({ begin, record, perform, interrupt, interruptOn, isAt })
})
