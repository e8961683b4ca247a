/**
 * Gives memory back after a burst of work. V8 collects when a program allocates much, so a daemon that has passed over a
 * thousand apps, and then only watches them, would keep the garbage of its passes.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Cadence } from "./cadence.ts"

export interface Heap {
  /** Bytes, with the garbage. */
  readonly used: () => number
  /** Takes a fraction of a second. */
  readonly collect: () => void
}

const makeHeap = (): Heap => {
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("globalThis.gc")
  return {
    used: () => process.memoryUsage().heapUsed,
    collect: () => {
      // A JavaScript runtime without it collects when it wants to.
      if (typeof collect === "function") collect()
    }
  }
}

export const Heap = Context.Reference<Heap>("lastgood/reconciler/Heap", { defaultValue: makeHeap })

/** Garbage below this is not worth a collection: the checks of a thousand apps leave as much in a minute. */
const leastBytes = 48 * 1024 * 1024

/**
 * Collects now and then, until it is interrupted.
 *
 * @param isBusy whether an attempt is in flight, whose app may be down: a collection would prolong that.
 */
export const giveMemoryBack = Effect.fnUntraced(function* (isBusy: () => boolean) {
  const { collect, used } = yield* Heap
  const { memoryMs } = yield* Cadence
  let kept = 0
  while (true) {
    yield* Effect.sleep(memoryMs)
    if (isBusy() || used() - kept < leastBytes) continue
    collect()
    kept = used()
  }
})
