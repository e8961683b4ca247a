/** Where long work reports its progress. The CLI draws it when stderr is a terminal; otherwise it is discarded. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

export interface Progress {
  /** `total` 0: not known. `done` equal to `total`: finished. */
  readonly bytes: (what: string, done: number, total: number) => Effect.Effect<void>
}

export const Progress = Context.Reference<Progress>("lastgood/process/Progress", {
  defaultValue: () => ({ bytes: () => Effect.void })
})
