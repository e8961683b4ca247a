/** Carries out a request under the claim on the app: first finishes the attempt in flight, then decides about the request. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import type { App, PluggedApp } from "../domain/App.ts"
import { type Refusal, refusalText } from "../domain/Decision.ts"
import { make } from "../domain/Event.ts"
import { forApp, nextText } from "../domain/Next.ts"
import { expiry } from "../domain/policy/approval.ts"
import { driftRefusal } from "../domain/refuseDrift.ts"
import { refusedAsRenamed } from "../domain/renaming.ts"
import { type AppState, isProvenWell } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { mayGoOn } from "../domain/trying.ts"
import type { Drift } from "../domain/World.ts"
import { InheritedFds } from "../process/Tool.ts"
import { type Runtime, Runtimes } from "../runtime/Runtime.ts"
import { deliverAlerts } from "./alerts.ts"
import { decides, isAnswered } from "./answered.ts"
import { makeDeciding } from "./deciding.ts"
import type { Driver } from "./drive.ts"
import { Journal } from "./Journal.ts"
import { AreFetched } from "./looking.ts"
import { isOfPass, nothingToDo } from "./nothingToDo.ts"
import type { makeNoting } from "./noting.ts"
import { Actor } from "./Observer.ts"
import { Projections } from "./Projections.ts"
import { prune } from "./prune.ts"
import { CommandRejected, type Finishing, type Report, type Request, type Unobserved } from "./Request.ts"
import { finishRename } from "./rename.ts"
import { nothingInFlight, reportOf, withoutAttempt } from "./report.ts"
import { isUnobserved } from "./unobserved.ts"
import { lookAtWorld, type World } from "./world.ts"

const refused = (app: App, state: AppState, refusal: Refusal): Report =>
  withoutAttempt(app.name, state, {
    outcome: "refused",
    why: refusalText(refusal),
    next: nextText(app.name, refusal.next)
  })

export const makeRunning = (driver: Driver, { append }: Pick<ReturnType<typeof makeNoting>, "append">) => {
  const { drive, record } = driver
  const { adopt, ask, decideUnobserved, judge } = makeDeciding(driver)

  const known = (app: App, state: AppState) => (state.version > 0 ? Effect.succeed(state) : adopt(app, state))

  /** A hold with an end is over by itself; the log and the daemon's own log say so once. */
  const endHold = Effect.fnUntraced(function* (app: App, state: AppState) {
    const over = expiry(state, iso(yield* Clock.currentTimeMillis))
    if (over === null) return state
    yield* Effect.logInfo(`the hold is over (${state.held?.reason ?? ""}): automatic upgrades go on`)
    return yield* record(app, state, null, [over])
  })

  /** LAW-16: an attempt is not resumed on drift. An operator's decision ends it. */
  const leftOrAbandoned = Effect.fnUntraced(function* (
    app: PluggedApp,
    runtime: Runtime,
    state: AppState,
    request: Exclude<Finishing, Unobserved>,
    drift: Drift,
    world: World
  ) {
    if (request._tag === "Resume" || !decides(request, drift)) {
      return refused(app, state, driftRefusal(state, drift, world.seen))
    }
    const why = `not resumed: ${drift.what.join("; ")}`
    const ended = yield* record(app, state, state.attempt?.id || null, [make("AttemptAbandoned", { why })])
    return yield* ask(app, runtime, ended, request, world)
  })

  const resume = Effect.fnUntraced(function* (app: PluggedApp, runtime: Runtime, state: AppState, request: Finishing) {
    const driven = yield* drive(app, runtime, state, { resumed: true, command: null })
    const finished = reportOf(app.name, driven, { resumed: true })
    const good = state.attempt !== null && mayGoOn(state.attempt, finished.outcome)
    if (request._tag === "Resume" || isAnswered(state, request)) return finished
    if (!good && !isUnobserved(request)) return finished
    const now = yield* (yield* Journal).load(app.name)
    const asked = isUnobserved(request)
      ? yield* decideUnobserved(app, runtime, now, request)
      : yield* ask(app, runtime, now, request, yield* lookAtWorld(app, runtime, now))
    return good ? { ...asked, resumed: true } : finished
  })

  const finishAndAsk = Effect.fnUntraced(function* (app: PluggedApp, request: Request, loaded: AppState) {
    const runtime = yield* (yield* Runtimes).get(app.runtime)
    if (loaded.renamed !== undefined) {
      const [reason, next] = refusedAsRenamed(loaded.renamed)
      return yield* new CommandRejected({ app: app.name, reason, next: nextText(app.name, next) })
    }
    const state = yield* endHold(app, yield* known(app, loaded))
    yield* (yield* Projections).write(app, state)
    if (request._tag === "Prune") {
      return yield* prune(app, runtime, state, request, (now, events) => record(app, now, null, events))
    }
    if (isUnobserved(request) && state.attempt === null) return yield* decideUnobserved(app, runtime, state, request)
    const world = yield* lookAtWorld(app, runtime, state)
    const { drift, judged } = yield* judge(app, state, world)
    if (judged.attempt === null && !isUnobserved(request)) {
      if (request._tag !== "Resume") return yield* ask(app, runtime, judged, request, world)
      return drift === null
        ? withoutAttempt(app.name, judged, { outcome: "nothing", why: nothingInFlight(judged) })
        : refused(app, judged, driftRefusal(judged, drift, world.seen))
    }
    if (drift === null) return yield* resume(app, runtime, judged, request)
    if (isUnobserved(request)) return yield* decideUnobserved(app, runtime, judged, request)
    return yield* leftOrAbandoned(app, runtime, judged, request, drift, world)
  })

  const underClaim = Effect.fnUntraced(function* (app: PluggedApp, request: Request, waitMs: number) {
    const who = yield* Actor
    const { fd } = yield* (yield* Claims).hold(app, who, waitMs)
    const { claim, state } = yield* Effect.provideService(finishRename(app), InheritedFds, [fd])
    const report = yield* finishAndAsk(app, request, state).pipe(
      Effect.tap(({ attempt, outcome }) =>
        attempt !== null && isProvenWell(outcome) ? append(app, { _tag: "Well", by: "lastgood" }, null) : Effect.void
      ),
      Effect.ensuring(Effect.ignore(deliverAlerts(app))),
      // The file of the claim on the new name made way for the folder.
      Effect.provideService(InheritedFds, [claim?.fd ?? fd])
    )
    return { ...report, why: forApp(app.name, report.why), next: forApp(app.name, report.next) }
  }, Effect.scoped)

  const run = Effect.fn("Engine.run")(function* (app: PluggedApp, request: Request, waitMs = 0) {
    if (!isOfPass(request)) return yield* underClaim(app, request, waitMs)
    const { isFetched, report } = yield* nothingToDo(app, request)
    if (report !== null) return report
    return yield* Effect.provideService(underClaim(app, request, waitMs), AreFetched, isFetched)
  })

  return { run }
}
