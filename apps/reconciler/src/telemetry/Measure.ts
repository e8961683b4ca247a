/** How the metrics of `/metrics` go to a collector. */
import type * as Effect from "effect/Effect"
import type { Family } from "../metrics/exposition.ts"

/** What `/metrics` shows now. */
export type Families = Effect.Effect<ReadonlyArray<Family>>

/** Sends them as long as it runs. */
export type Measure = (families: Families) => Effect.Effect<never>
