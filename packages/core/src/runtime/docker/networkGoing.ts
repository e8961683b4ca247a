/**
 * Docker removes the network of an app some time after its last container has ended. A deploy that comes in between finds
 * the network, makes none, and then misses it.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { InvalidRelease, RuntimeError } from "../Runtime.ts"

const isNetworkGone = (error: RuntimeError | InvalidRelease): boolean =>
  error._tag === "RuntimeFailed" && /network \S+ not found/i.test(error.reason)

/** How often a deploy is repeated, once a second: Docker takes a second or two, and longer on a busy host. */
const times = 10

/** @param bringUp it may run again after a part of it was done. */
export const againIfNetworkGoes = <R>(
  bringUp: Effect.Effect<void, RuntimeError | InvalidRelease, R>
): Effect.Effect<void, RuntimeError | InvalidRelease, R> =>
  Effect.retry(bringUp, { while: isNetworkGone, schedule: Schedule.spaced("1 second"), times })
