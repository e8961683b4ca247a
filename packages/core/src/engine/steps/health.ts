/** App up: runs the health gate and proves that the running version is the requested one. */
import * as Effect from "effect/Effect"
import { deployDeadlineMs, gateAfter } from "../../domain/deadline.ts"
import { make } from "../../domain/Event.ts"
import type { Ref } from "../../domain/Ref.ts"
import { HealthGate } from "../../health/HealthGate.ts"
import { describeDown } from "../describeDown.ts"
import { noteWorld } from "../world.ts"
import { lastLogLines } from "./lastLogLines.ts"
import { releaseOf, target, type Work } from "./Work.ts"

/**
 * LAW-9: checks see an answer, not who gave it. Another program may listen on the app's port, so the running version has
 * to be the requested one as well.
 *
 * @returns why the running app is not the requested version; null: it is.
 */
const notWhatWasAsked = Effect.fnUntraced(function* ({ app, runtime }: Work, ref: Ref) {
  const inspection = yield* runtime.inspect(app)
  const missing = describeDown(inspection)
  if (missing !== null) return `its checks passed, but ${missing}`
  const { version } = inspection
  return version === null || version === ref.version
    ? null
    : `its checks passed, but ${version} is running, not ${ref.version}`
})

/**
 * The gate of a resumed attempt may find the app stopped by a reboot, which says nothing about the version. lastgood
 * starts the deployed version again before the gate judges it. A version that exited while lastgood ran is not started
 * again.
 */
const standing = Effect.fnUntraced(function* (work: Work, ref: Ref) {
  const { app, runtime, state, resumed } = work
  if (!resumed || state.attempt?.current?.step !== "health") return
  if ((yield* runtime.inspect(app)).present) return
  yield* runtime.deploy(app, yield* releaseOf(work, ref), deployDeadlineMs(app))
})

/** A resumed gate has the full deadline, because the app may have been restarted with the host. */
const spentMs = ({ attempt, resumed, state }: Work): number =>
  resumed || state.attempt?.current?.step !== "health" ? 0 : (attempt.deployMs ?? 0)

/** Notes the world. What cannot be noted now is noted with the next passed gate; until then less is compared. */
const noted = ({ app, attempt, runtime }: Work, { version }: Ref) =>
  noteWorld(app, runtime, attempt, version).pipe(
    Effect.map((event) => [event]),
    Effect.catch((error) => Effect.as(Effect.logWarning(error.message), []))
  )

export const health = Effect.fn("Step.health")(function* (work: Work) {
  const ref = yield* target(work)
  yield* standing(work, ref)
  const spent = spentMs(work)
  const gated = { ...work.app, gate: gateAfter(work.app, spent) }
  const { passed, reason, tookMs, checks } = yield* (yield* HealthGate).run(gated, work.runtime, spent)
  const wrong = passed ? yield* notWhatWasAsked(work, ref) : reason
  return wrong === null
    ? ([make("HealthPassed", { version: ref.version, tookMs, checks }), ...(yield* noted(work, ref))] as const)
    : ([
        make("HealthFailed", { version: ref.version, tookMs, reason: wrong + (yield* lastLogLines(work)), checks })
      ] as const)
})
