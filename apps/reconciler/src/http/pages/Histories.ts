/** The past of all apps, kept up to date with the log. */
import type { StoreUnavailable } from "@lastgood/core/log/EventStore"
import type * as Effect from "effect/Effect"
import type { History } from "../../reading/History.ts"
import type { Projected } from "../../reading/Projection.ts"

export type Histories = Effect.Effect<Projected<History>, StoreUnavailable>
