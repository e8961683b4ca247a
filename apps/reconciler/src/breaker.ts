/** The breaker of the host: one alert of `_host` when it opens, which is resolved when it closes. */
import { dirname } from "node:path"
import type { PluggedApp } from "@lastgood/core/domain/App"
import { hasBreakerAlert } from "@lastgood/core/domain/policy/breaker"
import { about } from "@lastgood/core/engine/about"
import { Engine } from "@lastgood/core/engine/Engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { hostApp } from "./namedApp.ts"
import type { PassResult, World } from "./pass.ts"

/** The ends of an upgrade, which may open or close the breaker. */
const ends: ReadonlySet<PassResult["outcome"]> = new Set(["committed", "recovered", "unhealthy", "left-down"])

/** LAW-10: also if the process that opened the breaker was killed before its alert was recorded. */
const mayHaveChanged = ({ outcome, why }: Ended): boolean =>
  ends.has(outcome) || (outcome === "refused" && why.startsWith("breaker"))

type Ended = Pick<PassResult, "outcome" | "why">

/** Never fails: the next pass tries again. */
export const watchBreaker = (world: World, app: PluggedApp, result: Ended) => {
  const host = hostApp(dirname(app.dir))
  return Effect.gen(function* () {
    const engine = yield* Engine
    const state = yield* engine.state(host)
    if (!mayHaveChanged(result) && !hasBreakerAlert(state)) return
    const breaker = yield* engine.breaker
    if (breaker !== null && !hasBreakerAlert(state)) {
      yield* Effect.logError(
        `the last ${breaker.length} automatic upgrades were rolled back: none begins until the breaker is closed`
      )
    }
    yield* engine.note(host, { _tag: "Breaker", breaker }, null, waitMs)
  }).pipe(
    Effect.provide(Layer.fresh(world)),
    Effect.catchTag("Locked", (error) => Effect.logDebug(error.message)),
    Effect.catchCause((cause) => Effect.logWarning("the alert about the breaker was not brought up to date", cause)),
    about({ app: host.name })
  )
}

/** Another pass may write alerts of the host at the same time. */
const waitMs = 10_000
