/**
 * The loop: asks `advance`, performs the step, records its evidence, until the attempt in flight has ended.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Commands } from "../command/Commands.ts"
import type { App, PluggedApp } from "../domain/App.ts"
import { type Attempt, kindOf, targetOf } from "../domain/Attempt.ts"
import { advance } from "../domain/advance.ts"
import type { Advance } from "../domain/Decision.ts"
import type { Event } from "../domain/Event.ts"
import { mayHaveMirrors } from "../domain/mayHaveMirrors.ts"
import { nextText } from "../domain/Next.ts"
import { performed, type Step } from "../domain/Plan.ts"
import { retryAfterMs } from "../domain/retries.ts"
import type { AppState } from "../domain/State.ts"
import { interruption, isTry } from "../domain/trying.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { about, type Facts } from "./about.ts"
import { type Declarations, effectiveFor, versionsOf } from "./effective.ts"
import { Faults } from "./Faults.ts"
import type { Journal } from "./Journal.ts"
import { countEvents, timed } from "./metrics.ts"
import type { Projections } from "./Projections.ts"
import { perform, prepare } from "./perform.ts"
import { type Asked, CommandRejected } from "./Request.ts"
import { isFailure, type Work } from "./steps/Work.ts"
import { foldersOf } from "./world.ts"

/** `resumed`: another lastgood process began the attempt. `command`: of a try that this process was asked for. */
export interface How {
  readonly resumed: boolean
  readonly command: Asked | null
}

interface InFlight {
  readonly state: AppState
  readonly attempt: Attempt
}

const factsOf = (step: string, attempt: Attempt): Facts => {
  const target = targetOf(attempt)
  return { step, ...(target === null ? {} : { version: target.version }) }
}

/** One span for the attempt, which has an outcome if the attempt ended in this process. */
const traced =
  (app: App, attempt: Attempt | null) =>
  <E, R>(work: Effect.Effect<AppState, E, R>): Effect.Effect<AppState, E, R> =>
    attempt === null
      ? work
      : work.pipe(
          Effect.tap(({ lastOutcome }) =>
            lastOutcome?.attempt === attempt.id
              ? Effect.annotateCurrentSpan({ outcome: lastOutcome.outcome })
              : Effect.void
          ),
          Effect.withSpan("lastgood.attempt", {
            attributes: { app: app.name, attempt: attempt.id, kind: kindOf(attempt), began: attempt.startedAt }
          })
        )

export const makeDriver = (journal: Journal["Service"], projections: Projections["Service"]) => {
  const record = Effect.fnUntraced(function* (
    app: App,
    state: AppState,
    attempt: string | null,
    events: readonly [Event, ...Array<Event>]
  ) {
    const next = yield* journal.append(app.name, state, attempt, events)
    yield* countEvents(app.name, state.attempt, events)
    yield* projections.write(app, next)
    return next
  })

  /** Performs one step, between its intent and its evidence. */
  const act = Effect.fnUntraced(function* (
    app: PluggedApp,
    runtime: Runtime,
    { state, attempt }: InFlight,
    decision: Extract<Advance, { _tag: "Perform" }>,
    how: How,
    known: Declarations
  ) {
    yield* Effect.sleep(retryAfterMs(attempt.failures))
    const begun = yield* record(app, state, attempt.id, [decision.intent])
    // Reads the labels again while the app is up, because its images may have arrived. While it is down, nothing delays it.
    if (performed[decision.step].appUp) known.clear()
    const effective = yield* effectiveFor(app, runtime, versionsOf(attempt), known)
    const work = { app: effective, runtime, attempt, ...how }
    const { events, failed } = yield* prepare(decision.step, { ...work, state: begun })
    const [first, ...rest] = failed === null ? events : [...events, failed]
    const ready = first === undefined ? begun : yield* record(app, begun, attempt.id, [first, ...rest])
    if (failed !== null) {
      yield* Effect.annotateCurrentSpan({ result: "failed" })
      return ready
    }
    yield* archiving(decision.step, work)
    const evidence = yield* timed(app.name, decision.step, perform(decision.step, { ...work, state: ready }))
    if (evidence.some(isFailure)) yield* Effect.annotateCurrentSpan({ result: "failed" })
    return yield* record(app, ready, attempt.id, evidence)
  })

  /**
   * While the gate judges, the archives of what mirrors captured are made: a rollback needs them, and so does the step
   * `seal`. Both wait for this work. It ends with the attempt, and its failure is found by them.
   */
  const archiving = (step: Step, { app, attempt }: Pick<Work, "app" | "attempt">) => {
    if (step !== "health" || !mayHaveMirrors(app)) return Effect.void
    if (attempt.direction === "back" || !attempt.snapshotTaken) return Effect.void
    return Effect.flatMap(SnapshotStore, (snapshots) => snapshots.archive(app, attempt.snapshot)).pipe(
      Effect.catch(({ message }) => Effect.logWarning(message)),
      Effect.interruptible,
      Effect.forkScoped
    )
  }

  /** Removes data that an attempt staged and will not swap in, because it ended before `tidy`. */
  const unstage = Effect.fnUntraced(
    function* (app: App, runtime: Runtime, state: AppState, attempt: Attempt) {
      if (attempt.direction === "forward" || attempt.done.includes("tidy")) return
      const snapshots = yield* SnapshotStore
      yield* snapshots.unstage(app, attempt.id, yield* runtime.volumes(app, foldersOf(app, state)))
    },
    (effect) => Effect.ignore(effect)
  )

  /** Interrupts a try whose lastgood process has ended or is ending: ends its command, then its rollback comes next. */
  const abandoned = Effect.fnUntraced(function* (app: App, state: AppState) {
    const attempt = state.attempt
    const event = attempt === null ? null : interruption(state.app, attempt)
    if (attempt === null || event === null) return state
    yield* (yield* Commands).end(attempt.id)
    return yield* record(app, state, attempt.id, [event])
  })

  /**
   * Drives the attempt in flight to its end.
   *
   * @param how `resumed`: another lastgood process began it.
   */
  const drive = (app: PluggedApp, runtime: Runtime, start: AppState, how: How) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const faults = yield* Faults
        const known: Declarations = new Map()
        let state = how.resumed ? yield* abandoned(app, start) : start
        let isFirst = how.resumed
        let isLeaving = false
        while (state.attempt !== null) {
          const decision = advance(state, yield* Clock.currentTimeMillis, {
            isResumed: isFirst,
            deadlineMs: app.gate.deadlineMs
          })
          switch (decision._tag) {
            case "Record": {
              const attempt: Attempt = state.attempt
              const { id, direction, plan, done, failed } = attempt
              const step = failed === null ? (plan.find((one) => !done.includes(one)) ?? "end") : "failed"
              yield* faults.at(direction, step, "before")
              state = yield* record(app, state, id, decision.events)
              if (state.attempt === null) yield* unstage(app, runtime, state, attempt)
              yield* faults.at(direction, step, "after")
              break
            }
            case "Perform": {
              const attempt: Attempt = state.attempt
              const step = act(app, runtime, { state, attempt }, decision, { ...how, resumed: isFirst }, known).pipe(
                Effect.withSpan(`lastgood.step.${decision.step}`),
                about(factsOf(decision.step, attempt))
              )
              isFirst = false
              if (isLeaving || !performed[decision.step].appUp) {
                state = yield* step
                break
              }
              // Leaving is safe while the app is up or its health is judged: the next run resumes from the log.
              const exit = yield* Effect.exit(restore(step))
              if (exit._tag === "Success") {
                state = exit.value
                break
              }
              // A try is rolled back first. The log knows which part of the step is recorded.
              if (!isTry(state) || !Cause.hasInterruptsOnly(exit.cause)) return yield* exit
              isLeaving = true
              state = yield* abandoned(app, yield* journal.load(app.name))
              break
            }
            case "Rejected":
              return yield* new CommandRejected({
                app: app.name,
                reason: decision.reason,
                next: nextText(app.name, decision.next)
              })
            case "Wait":
            case "Nothing":
              return state
          }
        }
        return state
      }).pipe(
        Effect.scoped,
        traced(app, start.attempt),
        about(start.attempt === null ? {} : { attempt: start.attempt.id })
      )
    )

  return { record, drive }
}

export type Driver = ReturnType<typeof makeDriver>
