/** App up: the health gate, and that what answers is what was asked for. */
import * as Effect from "effect/Effect"
import type { Ref } from "../../domain/App.ts"
import { make } from "../../domain/Event.ts"
import { HealthGate } from "../../health/HealthGate.ts"
import { target, type Work } from "./Work.ts"

/**
 * LAW-9: checks see an answer, not who gave it. Something else may listen on the app's port, so what runs has to be what
 * was asked for as well.
 *
 * @returns what speaks against it; null: nothing.
 */
const notWhatWasAsked = Effect.fnUntraced(function* ({ app, runtime }: Work, ref: Ref) {
  const { converged, services, version } = yield* runtime.inspect(app)
  if (!converged) {
    const down = services.filter((s) => !s.ok).map((s) => `${s.name} (${s.state})`)
    return `its checks passed, but not all of it runs: ${down.join(", ") || "nothing does"}; does something else answer in its place?`
  }
  return version === null || version === ref.version
    ? null
    : `its checks passed, but ${version} runs and not ${ref.version}`
})

export const health = Effect.fn("step.health")(function* (work: Work) {
  const ref = yield* target(work)
  const { passed, reason, tookMs, checks } = yield* (yield* HealthGate).run(work.app, work.runtime)
  const wrong = passed ? yield* notWhatWasAsked(work, ref) : reason
  return wrong === null
    ? ([make("HealthPassed", { version: ref.version, tookMs, checks })] as const)
    : ([make("HealthFailed", { version: ref.version, tookMs, reason: wrong, checks })] as const)
})
