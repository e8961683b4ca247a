/**
 * `perform`: the only part of the loop that acts on the world, through the ports. Each step returns its evidence as events,
 * even if it failed, and never decides what follows. Each is idempotent: it runs again after a crash.
 */
import * as Effect from "effect/Effect"
import { make } from "../domain/Event.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { noRoomError } from "../domain/waiting.ts"
import { Faults, type Moment } from "./Faults.ts"
import { hooksOf, none, type Ran } from "./hooks.ts"
import { type StepError, whyOf } from "./StepError.ts"
import { command } from "./steps/command.ts"
import { deploy, undeploy } from "./steps/deploy.ts"
import { erase } from "./steps/erase.ts"
import { seal, tidy } from "./steps/finish.ts"
import { health } from "./steps/health.ts"
import { prefetch } from "./steps/prefetch.ts"
import { restore, stage } from "./steps/restore.ts"
import { snapshot } from "./steps/snapshot.ts"
import { type Evidence, isFailure, type StepEffect, type StepPorts, type Work } from "./steps/Work.ts"
import { watched } from "./watched.ts"
import { withWhatFrees } from "./whatFrees.ts"

const steps: Record<PerformedStep, (work: Work) => StepEffect> = {
  prefetch,
  check: health,
  stage,
  undeploy,
  snapshot,
  restore,
  deploy,
  health,
  command,
  seal,
  erase,
  tidy
}

/** The step, with the faults that tests inject. */
const injected = (step: PerformedStep, work: Work) =>
  Effect.gen(function* () {
    const faults = yield* Faults
    const { direction } = work.attempt
    const failed = (moment: Moment): Evidence => [
      make("StepFailed", { step, error: "InjectedFault", reason: `injected ${moment} the act`, next: "this is a test" })
    ]
    if (yield* faults.at(direction, step, "before")) return failed("before")
    const evidence = yield* steps[step](work)
    return (yield* faults.at(direction, step, "after")) ? failed("after") : evidence
  })

/** A failure is evidence too: `StepFailed` with the reason and the remedy. */
const one = (step: PerformedStep, work: Work) =>
  injected(step, work).pipe(
    watched(work.app, step, work.command?.timeoutMs),
    Effect.catchTag("SnapshotFailed", (error) =>
      Effect.flatMap(withWhatFrees(work.app, work.state, error), Effect.fail)
    ),
    Effect.catch((error: StepError): Effect.Effect<Evidence> => {
      const { reason, next } = whyOf(error)
      const isForRoom = error._tag === "SnapshotFailed" && error.noRoom === true
      return Effect.succeed([make("StepFailed", { step, error: isForRoom ? noRoomError : error._tag, reason, next })])
    })
  )

/**
 * Runs the hooks before a step. Their results are recorded before the step acts, so that a passed hook does not run again
 * if lastgood is killed during the step: the app may be down by then.
 */
export const prepare = (step: PerformedStep, work: Work): Effect.Effect<Ran> =>
  work.attempt.hooked === step ? Effect.succeed(none) : hooksOf(work, step, "before")

/** Runs one step and the hooks after it. */
export const perform = (step: PerformedStep, work: Work): Effect.Effect<Evidence, never, StepPorts> =>
  Effect.gen(function* () {
    const evidence = yield* one(step, work)
    const after = evidence.some(isFailure) ? none : yield* hooksOf(work, step, "after")
    const failed = after.failed === null ? [] : [after.failed]
    const [first = evidence[0], ...rest] = [...evidence, ...after.events, ...failed]
    return [first, ...rest]
  })
