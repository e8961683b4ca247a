/**
 * A pass over an app that has nothing to do, which is almost every pass. It is found without the claim, which costs a program
 * and keeps others away, and only reads. For anything to perform, to record or to deliver, the run under the claim observes
 * the app anew (LAW-7).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { PluggedApp } from "../domain/App.ts"
import { decide } from "../domain/decide.ts"
import { driftNow } from "../domain/drift.ts"
import { forApp } from "../domain/Next.ts"
import { expiry } from "../domain/policy/approval.ts"
import { selectTarget } from "../domain/policy/select.ts"
import type { AppState } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { type Runtime, Runtimes } from "../runtime/Runtime.ts"
import { owesAlerts } from "./alerts.ts"
import { Journal } from "./Journal.ts"
import { butUnasked } from "./looking.ts"
import { observedIn } from "./observed.ts"
import { questionOf } from "./observeUpgrade.ts"
import { Projections } from "./Projections.ts"
import type { Report, Request } from "./Request.ts"
import { nothingInFlight, withoutAttempt } from "./report.ts"
import { lookAtWorld, type World } from "./world.ts"

type OfPass = Extract<Request, { _tag: "Resume" | "Upgrade" }>

/** What the reconciler asks of each app in each pass. An operator is answered under the claim. */
export const isOfPass = (request: Request): request is OfPass =>
  request._tag === "Resume" || (request._tag === "Upgrade" && request.trigger === "reconciler" && request.to === null)

/** Whether the log, the projections and the alerts are as a run would leave them. */
const isSettled = Effect.fnUntraced(function* (app: PluggedApp, state: AppState) {
  if (state.version === 0 || state.attempt !== null || state.drift !== null || state.renamed !== undefined) return false
  if (expiry(state, iso(yield* Clock.currentTimeMillis)) !== null) return false
  return (yield* (yield* Projections).isCurrent(app, state)) && !(yield* owesAlerts(state))
})

/** Why there is nothing to upgrade to; null: there may be. */
const noUpgrade = Effect.fnUntraced(function* (
  app: PluggedApp,
  runtime: Runtime,
  state: AppState,
  running: string,
  request: Extract<OfPass, { _tag: "Upgrade" }>,
  world: World
) {
  const { question } = yield* questionOf(app, runtime, state, request)
  const asked = { ...question, note: null }
  if (selectTarget(state, running, asked)._tag !== "None") return null
  const observed = observedIn(state, world)
  const decision = decide(state, { _tag: "Upgrade", ...asked, observed, hazards: [], gates: [], acceptedNotes: [] })
  return decision._tag === "Nothing" ? decision.why + butUnasked(app, request) : null
})

export interface Looked {
  /** Of the run that would find nothing to do; null: there may be something. */
  readonly report: Report | null
  /** Whether the versions of the app were fetched, if the request wants that. */
  readonly isFetched: boolean
}

const unasked: Looked = { report: null, isFetched: false }

export const nothingToDo = Effect.fnUntraced(function* (app: PluggedApp, request: OfPass) {
  const state = yield* (yield* Journal).load(app.name)
  if (!(yield* isSettled(app, state))) return unasked
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  const world = yield* lookAtWorld(app, runtime, state)
  if (driftNow(state, world.seen) !== null) return unasked
  const report = (why: string) => withoutAttempt(app.name, state, { outcome: "nothing", why: forApp(app.name, why) })
  if (request._tag === "Resume") return { report: report(nothingInFlight(state)), isFetched: false }
  if (state.running === null) return unasked
  const why = yield* noUpgrade(app, runtime, state, state.running.version, request, world)
  const looked: Looked = { report: why === null ? null : report(why), isFetched: true }
  return looked
})
