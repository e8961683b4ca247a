/** Wakes the passes over an app before they are due, also if they have only begun to wait. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export interface Wakes {
  readonly wake: (app: string) => Effect.Effect<void>
  /** Waits until the app is woken, or returns at once if it was since the last `taken`. */
  readonly wait: (app: string) => Effect.Effect<void>
  /** Whether the app was woken since it was last asked. */
  readonly taken: (app: string) => Effect.Effect<boolean>
}

export const makeWakes = (): Wakes => {
  const latches = new Map<string, Latch.Latch>()
  const of = (app: string): Latch.Latch => {
    const found = latches.get(app) ?? Latch.makeUnsafe(false)
    latches.set(app, found)
    return found
  }
  return {
    wake: (app) => Effect.asVoid(Effect.suspend(() => of(app).open)),
    wait: (app) => Effect.asVoid(Effect.suspend(() => of(app).await)),
    taken: (app) => Effect.suspend(() => of(app).close)
  }
}
