/**
 * The loop: events ─evolve▶ state ─decide/advance▶ next step ─perform▶ evidence ─append▶ events.
 * `upgrade`, the reconciler and every other command that acts are this one loop; `plan` decides without performing,
 * `replay` folds without either.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ClaimFailed, Claims, type Locked } from "../claim/Claims.ts"
import type { App } from "../domain/App.ts"
import { advance } from "../domain/advance.ts"
import { decide } from "../domain/decide.ts"
import { type Event, make } from "../domain/Event.ts"
import { performed } from "../domain/Plan.ts"
import type { AppState } from "../domain/State.ts"
import type { HealthGate } from "../health/HealthGate.ts"
import type { EventUndecodable } from "../log/Codec.ts"
import type { StoreUnavailable, VersionConflict } from "../log/EventStore.ts"
import type { AlertSinks } from "../notify/AlertSink.ts"
import { InheritedFds } from "../process/Tool.ts"
import { type Runtime, type RuntimeFailed, Runtimes, type RuntimeUnavailable } from "../runtime/Runtime.ts"
import type { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import type { RecipeUnavailable, VersionSource } from "../version/VersionSource.ts"
import { deliverAlerts } from "./alerts.ts"
import { isAnswered, isWord } from "./answered.ts"
import { Faults } from "./Faults.ts"
import { Journal } from "./Journal.ts"
import { Actor } from "./Observer.ts"
import { observe, observeUpgrade } from "./observe.ts"
import { Projections } from "./Projections.ts"
import { perform } from "./perform.ts"
import { previewOf } from "./preview.ts"
import { CommandRejected, type Preview, type Report, type Request } from "./Request.ts"

export type EngineError =
  | CommandRejected
  | Locked
  | ClaimFailed
  | StoreUnavailable
  | VersionConflict
  | EventUndecodable
  | RuntimeUnavailable
  | RuntimeFailed
  | RecipeUnavailable

export class Engine extends Context.Service<
  Engine,
  {
    /** The app's state, from the log alone. */
    readonly state: (app: App) => Effect.Effect<AppState, StoreUnavailable | EventUndecodable>
    /**
     * Finishes an attempt that is in flight, then does what is asked. Holds the claim meanwhile.
     * Interruption is safe at any time: a step that keeps the app down is finished first, up to the deploy.
     *
     * @param waitMs how long to wait for another lastgood that works on the app.
     */
    readonly run: (app: App, request: Request, waitMs?: number) => Effect.Effect<Report, EngineError>
    /** What `run` with an upgrade would do now. Changes nothing, takes no claim. */
    readonly preview: (app: App, request: Extract<Request, { _tag: "Upgrade" }>) => Effect.Effect<Preview, EngineError>
  }
>()("lastgood/engine/Engine") {
  static readonly layer = Layer.effect(
    Engine,
    Effect.gen(function* () {
      const journal = yield* Journal
      const runtimes = yield* Runtimes
      const claims = yield* Claims
      const projections = yield* Projections
      const ports = yield* Effect.context<
        SnapshotStore | VersionSource | HealthGate | SecureRandom | AlertSinks | Journal
      >()

      const record = Effect.fnUntraced(function* (
        app: App,
        state: AppState,
        attempt: string | null,
        events: readonly [Event, ...Array<Event>]
      ) {
        const next = yield* journal.append(app.name, state, attempt, events)
        yield* projections.write(app, next)
        return next
      })

      /** One step, between its intent and its evidence. */
      const act = Effect.fnUntraced(function* (
        app: App,
        runtime: Runtime,
        state: AppState,
        decision: Extract<ReturnType<typeof advance>, { _tag: "Perform" }>
      ) {
        const attempt = state.attempt
        if (attempt === null) return state
        const { step, intent } = decision
        const faults = yield* Faults
        const begun = yield* record(app, state, attempt.id, [intent])
        const injected = (reason: string) =>
          [make("StepFailed", { step, error: "InjectedFault", reason, next: "this is a test" })] as const
        const evidence = (yield* faults.at(attempt.direction, step, "before"))
          ? injected("injected before the act")
          : yield* perform(step, { app, runtime, state: begun, attempt })
        const failedAfter = yield* faults.at(attempt.direction, step, "after")
        return yield* record(app, begun, attempt.id, failedAfter ? injected("injected after the act") : evidence)
      })

      /** Drives the attempt in flight to its end. */
      const drive = (app: App, runtime: Runtime, start: AppState) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            let state = start
            while (state.attempt !== null) {
              const decision = advance(state, yield* Clock.currentTimeMillis)
              switch (decision._tag) {
                case "Record":
                  state = yield* record(app, state, state.attempt.id, decision.events)
                  break
                case "Perform": {
                  const step = act(app, runtime, state, decision)
                  // While the app is up or its health is judged, leaving is safe: the next run goes on from the log.
                  state = yield* performed[decision.step].appUp ? restore(step) : step
                  break
                }
                case "Rejected":
                  return yield* new CommandRejected({ app: app.name, reason: decision.reason, next: decision.next })
                default:
                  return state
              }
            }
            return state
          })
        )

      const reportOf = (app: App, state: AppState, over: Partial<Report>): Report => ({
        app: app.name,
        outcome: state.lastOutcome?.outcome ?? "nothing",
        why: state.lastOutcome?.why ?? "",
        next: state.alerts.at(-1)?.id.startsWith(state.lastOutcome?.attempt ?? " ")
          ? (state.alerts.at(-1)?.next ?? "")
          : "",
        attempt: state.lastOutcome?.attempt ?? null,
        resumed: false,
        running: state.running?.version ?? null,
        lastGood: state.lastGood?.version ?? null,
        ...over
      })

      const registered = Effect.fnUntraced(function* (app: App, state: AppState) {
        const facts = { recipe: app.recipe, runtime: app.runtime, domain: app.domain, stack: app.stack }
        const known = state.registered
        const same =
          known !== null &&
          known.recipe === facts.recipe &&
          known.runtime === facts.runtime &&
          known.domain === facts.domain &&
          known.stack === facts.stack
        return same ? state : yield* record(app, state, null, [make("AppRegistered", facts)])
      })

      const forApp = (app: App, text: string): string => text.replaceAll("<app>", app.name)

      const ask = Effect.fnUntraced(function* (
        app: App,
        runtime: Runtime,
        state: AppState,
        request: Exclude<Request, { _tag: "Resume" }>
      ) {
        const command = yield* observe(app, runtime, state, request)
        const decision = decide(state, command)
        switch (decision._tag) {
          case "Record": {
            const known = yield* registered(app, state)
            const starts = decision.events.some((e) => e.type.endsWith("Attempted") || e.type === "RollbackStarted")
            const begun = yield* record(app, known, starts ? command.id : null, decision.events)
            if (!starts) return reportOf(app, begun, { outcome: "recorded", why: "", next: "", attempt: null })
            return reportOf(app, yield* drive(app, runtime, begun), {})
          }
          case "Refused": {
            const [first, ...rest] = decision.events
            const after =
              first === undefined ? state : yield* record(app, yield* registered(app, state), null, [first, ...rest])
            const { gate, reason, next } = decision.refusal
            return reportOf(app, after, { outcome: "refused", why: `${gate}: ${reason}`, next, attempt: null })
          }
          case "Rejected":
            return yield* new CommandRejected({
              app: app.name,
              reason: decision.reason,
              next: forApp(app, decision.next)
            })
          case "Nothing":
            return reportOf(app, state, { outcome: "nothing", why: decision.why, next: "", attempt: null })
          default:
            return reportOf(app, state, { outcome: "nothing", why: "", next: "", attempt: null })
        }
      })

      const finishAndAsk = Effect.fnUntraced(function* (app: App, request: Request) {
        const runtime = yield* runtimes.get(app.runtime)
        const state = yield* journal.load(app.name)
        yield* projections.write(app, state)
        if (state.attempt === null) {
          return request._tag === "Resume"
            ? reportOf(app, state, { outcome: "nothing", why: "nothing was in flight", next: "", attempt: null })
            : yield* ask(app, runtime, state, request)
        }
        const finished = reportOf(app, yield* drive(app, runtime, state), { resumed: true })
        const good = finished.outcome === "committed" || finished.outcome === "done"
        if (request._tag === "Resume" || isAnswered(state, request)) return finished
        if (!good && !isWord(request)) return finished
        const asked = yield* ask(app, runtime, yield* journal.load(app.name), request)
        return good ? { ...asked, resumed: true } : finished
      })

      const run = Effect.fn("Engine.run")(function* (app: App, request: Request, waitMs = 0) {
        const who = yield* Actor
        const { fd } = yield* claims.hold(app, who, waitMs)
        const report = yield* finishAndAsk(app, request).pipe(
          Effect.ensuring(Effect.ignore(deliverAlerts(app))),
          Effect.provideService(InheritedFds, [fd])
        )
        return { ...report, why: forApp(app, report.why), next: forApp(app, report.next) }
      }, Effect.scoped)

      const preview = Effect.fn("Engine.preview")(function* (app: App, request: Extract<Request, { _tag: "Upgrade" }>) {
        const runtime = yield* runtimes.get(app.runtime)
        const state = yield* journal.load(app.name)
        const command = state.attempt === null ? yield* observeUpgrade(app, runtime, state, request) : null
        const { next, ...rest } = previewOf(app, state, command)
        return { ...rest, next: forApp(app, next) }
      })

      return Engine.of({
        state: (app) => journal.load(app.name),
        run: (app, request, waitMs) => Effect.provide(run(app, request, waitMs), ports),
        preview: (app, request) => Effect.provide(preview(app, request), ports)
      })
    })
  )
}
