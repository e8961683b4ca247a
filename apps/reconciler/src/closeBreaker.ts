/** An operator closes the breaker of the host, so that automatic upgrades go on. */
import type { App } from "@lastgood/core/domain/App"
import { Engine } from "@lastgood/core/engine/Engine"
import { withoutAttempt } from "@lastgood/core/engine/report"
import * as Effect from "effect/Effect"

/** @param waitMs how long to wait for the claim on the host, in milliseconds. */
export const closeBreaker = Effect.fn("Breaker.close")(function* (host: App, waitMs: number) {
  const engine = yield* Engine
  if ((yield* engine.breaker) === null) {
    return withoutAttempt(host.name, yield* engine.state(host), { outcome: "nothing", why: "the breaker is closed" })
  }
  yield* engine.note(host, { _tag: "BreakerReset" }, null, waitMs)
  return withoutAttempt(host.name, yield* engine.state(host), { outcome: "recorded" })
})
