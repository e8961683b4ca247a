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

export const untilConverged = Effect.fn("Docker.untilConverged")(function* (wait: Wait) {
  let settled = ""
  let since: number | null = null
  while (true) {
    const seen = yield* wait.look
    const now = yield* Clock.currentTimeMillis
    if (seen._tag === "Failed") return yield* Effect.flip(wait.failed(seen.reason))
    if (seen._tag === "Converged") {
      const running = seen.running.toSorted().join()
      if (settled !== running || since === null) since = now
      settled = running
      if (now - since >= wait.settleMs) return
    } else {
      since = null
    }
    if (now >= wait.deadline) {
      const last = seen._tag === "Waiting" ? seen.waitingFor.join("; ") : `its ${wait.units} do not stay up`
      return yield* Effect.flip(wait.failed(`it has not converged in time: ${last}`))
    }
    yield* Effect.sleep(wait.pollMs)
  }
})
