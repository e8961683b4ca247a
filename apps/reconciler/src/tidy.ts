/** Housekeeping in every pass. */
import type { App } from "@lastgood/core/domain/App"
import { Runtimes } from "@lastgood/core/runtime/Runtime"
import * as Effect from "effect/Effect"

/** Bounds the app's logs. Never fails: an app whose logs cannot be bounded is upgraded and watched all the same. */
export const tidy = Effect.fnUntraced(
  function* (app: App) {
    const runtime = yield* (yield* Runtimes).get(app.runtime)
    if (runtime.tidy !== undefined) yield* runtime.tidy(app)
  },
  (effect) => Effect.catch(effect, ({ message, next }) => Effect.logWarning(`${message}; ${next}`))
)
