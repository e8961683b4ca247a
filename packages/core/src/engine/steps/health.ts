/** App up: the health gate, and that what answers is what was asked for. */
import * as Effect from "effect/Effect"
import { deployDeadlineMs, gateAfter } from "../../domain/deadline.ts"
import { make } from "../../domain/Event.ts"
import type { Ref } from "../../domain/Ref.ts"
import { HealthGate } from "../../health/HealthGate.ts"
import { notAllRuns } from "../notAllRuns.ts"
import { noteWorld } from "../world.ts"
import { lastWords } from "./lastWords.ts"
import { releaseOf, target, type Work } from "./Work.ts"

/**
 * LAW-9: checks see an answer, not who gave it. Something else may listen on the app's port, so what runs has to be what
 * was asked for as well.
 *
 * @returns what speaks against it; null: nothing.
 */
const notWhatWasAsked = Effect.fnUntraced(function* ({ app, runtime }: Work, ref: Ref) {
  const inspection = yield* runtime.inspect(app)
  const missing = notAllRuns(inspection)
  if (missing !== null) return `its checks passed, but ${missing}`
  const { version } = inspection
  return version === null || version === ref.version
    ? null
    : `its checks passed, but ${version} runs and not ${ref.version}`
})

/**
 * The gate of an attempt that was resumed may find nothing at all: a reboot took the app along. What was deployed is
 * started again before it is judged; a power cut says nothing about a version. One that ended by itself, while lastgood
 * was there, gets no second start.
 */
const standing = Effect.fnUntraced(function* (work: Work, ref: Ref) {
  const { app, runtime, state, resumed } = work
  if (!resumed || state.attempt?.current?.step !== "health") return
  if ((yield* runtime.inspect(app)).present) return
  yield* runtime.deploy(app, yield* releaseOf(work, ref), deployDeadlineMs(app))
})

/** A gate that is begun anew after lastgood was gone has all of the time: the app may have been started with the host. */
const spentMs = ({ attempt, resumed, state }: Work): number =>
  resumed || state.attempt?.current?.step !== "health" ? 0 : (attempt.deployMs ?? 0)

/** What cannot be noted now is noted with the next passed gate: until then less is compared. */
const noted = ({ app, attempt, runtime, state }: Work, { version }: Ref) =>
  noteWorld(app, runtime, state, attempt, version).pipe(
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
        make("HealthFailed", { version: ref.version, tookMs, reason: wrong + (yield* lastWords(work)), checks })
      ] as const)
})
