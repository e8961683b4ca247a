/** Waits until the deployed release runs and stays up, or has completed. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { RuntimeError, RuntimeFailed } from "../Runtime.ts"

export type Convergence =
  /**
   * `running`: what runs now, by ids that a restart changes. They tell an app that stays up from one that restarts
   * again and again.
   */
  | { readonly _tag: "Converged"; readonly running: ReadonlyArray<string> }
  | { readonly _tag: "Waiting"; readonly waitingFor: ReadonlyArray<string> }
  | { readonly _tag: "Failed"; readonly reason: string }

export interface Wait {
  readonly look: Effect.Effect<Convergence, RuntimeError>
  /** Milliseconds for which the same must run: something that ends at once still runs for a moment. */
  readonly settleMs: number
  readonly pollMs: number
  /** Epoch milliseconds. */
  readonly deadline: number
  /** As in `its tasks do not stay up`. */
  readonly units: string
  readonly failed: (reason: string) => Effect.Effect<RuntimeFailed>
}

/** What comes up just before the deadline still gets the time to settle, once. */
export const untilConverged = Effect.fn("Docker.untilConverged")(function* (wait: Wait) {
  let settling: string | null = null
  let since = 0
  let hasFallen = false
  while (true) {
    const seen = yield* wait.look
    const now = yield* Clock.currentTimeMillis
    if (seen._tag === "Failed") return yield* Effect.flip(wait.failed(seen.reason))
    const running = seen._tag === "Converged" ? seen.running.toSorted().join() : null
    if (running !== settling) {
      hasFallen ||= settling !== null
      settling = running
      since = now
    }
    if (running !== null && now - since >= wait.settleMs) return
    if (now >= wait.deadline && (running === null || hasFallen)) {
      const last = seen._tag === "Waiting" ? seen.waitingFor.join("; ") : `its ${wait.units} do not stay up`
      return yield* Effect.flip(wait.failed(`it has not converged in time: ${last}`))
    }
    yield* Effect.sleep(wait.pollMs)
  }
})
