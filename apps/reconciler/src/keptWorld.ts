/**
 * The services of looks between passes, which are kept open for a while: with many apps there are many looks in a second,
 * and opening the log costs more than a look. They are opened again soon, because the log may have been replaced, and a
 * runtime that did not answer may answer again.
 */
import type { StoreUnavailable } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RcRef from "effect/RcRef"
import { Cadence } from "./cadence.ts"
import type { World } from "./pass.ts"

export const makeKeptWorld = Effect.fnUntraced(function* (world: World) {
  const scope = yield* Effect.scope
  const { keptMs } = yield* Cadence
  const open = yield* RcRef.make({ acquire: Layer.build(Layer.fresh(world)), idleTimeToLive: keptMs })
  // Those that use the earlier services finish with them.
  yield* Effect.forkIn(Effect.forever(Effect.delay(RcRef.invalidate(open), keptMs)), scope)
  const kept: World = Layer.effectContext(RcRef.get(open))
  /** Without a layer, which costs more than what a look needs it for. */
  const provide = <A, E>(work: Effect.Effect<A, E, Layer.Success<World>>): Effect.Effect<A, E | StoreUnavailable> =>
    Effect.scoped(Effect.flatMap(RcRef.get(open), (services) => Effect.provideContext(work, services)))
  return { world: kept, provide }
})

export type KeptWorld = Effect.Success<ReturnType<typeof makeKeptWorld>>
