/**
 * Where long work says how far it is. The CLI draws it when stderr is a terminal; without one it goes nowhere.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

export interface Progress {
  /** `total` 0: not known. `done` equal to `total`: finished. */
  readonly bytes: (what: string, done: number, total: number) => Effect.Effect<void>
}

export const Progress = Context.Reference<Progress>("lastgood/process/Progress", {
  defaultValue: () => ({ bytes: () => Effect.void })
})
