/** Takes the app down, and deploys a version of it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { deployDeadlineMs } from "../../domain/deadline.ts"
import { make } from "../../domain/Event.ts"
import { RuntimeFailed } from "../../runtime/Runtime.ts"
import { whyOf } from "../StepError.ts"
import { assertData, foldersOf, markData } from "../world.ts"
import { type PullFailure, pullAgain, withKept } from "./imagesBack.ts"
import { lastLogLines } from "./lastLogLines.ts"
import { monotonicSince, releaseOf, target, type Work } from "./Work.ts"

export const undeploy = Effect.fn("Step.undeploy")(function* ({ app, runtime, state }: Work) {
  return [make("Undeployed", yield* runtime.undeploy(app, app.deadlines.undeployMs, foldersOf(app, state)))] as const
})

/** A deploy that lacks an image says that it is not there; the pull before it said why, and what to do. */
const withPull = (error: RuntimeFailed, unpulled: PullFailure | null): RuntimeFailed =>
  unpulled === null
    ? error
    : new RuntimeFailed({ ...error, reason: `${error.reason}; ${unpulled.message}`, next: unpulled.next })

export const deploy = Effect.fn("Step.deploy")(function* (work: Work) {
  const { app, attempt, runtime, state } = work
  const ref = yield* target(work)
  const start = yield* Clock.monotonicTimeNanos
  const outcome = yield* Effect.gen(function* () {
    const release = yield* withKept(work, yield* releaseOf(work, ref))
    const unpulled = yield* pullAgain(work, release)
    yield* assertData(app, runtime, state)
    yield* markData(app, runtime, state, attempt, ref.version)
    const deployed = yield* runtime
      .deploy(app, release, deployDeadlineMs(app))
      .pipe(Effect.catchTag("RuntimeFailed", (error) => Effect.fail(withPull(error, unpulled))))
    // Volumes that the deploy has just created.
    yield* markData(app, runtime, state, attempt, ref.version)
    return deployed
  }).pipe(Effect.result)
  if (outcome._tag === "Failure") {
    const { reason, next } = whyOf(outcome.failure)
    const began = outcome.failure._tag === "RuntimeFailed"
    const words = began ? yield* lastLogLines(work, reason) : ""
    return [make("DeployFailed", { ...ref, reason: reason + words, next })] as const
  }
  const { services } = outcome.success
  return [make("Deployed", { ...ref, services, tookMs: yield* monotonicSince(start) })] as const
})
