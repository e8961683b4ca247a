/**
 * A stack's name is used in commands, labels and the names of everything in the stack, so only names that docker
 * accepts are allowed.
 */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { RuntimeFailed } from "../Runtime.ts"

export const assertStackName = (app: App, operation: string): Effect.Effect<void, RuntimeFailed> =>
  /^[a-z0-9][a-z0-9_-]*$/.test(app.stack)
    ? Effect.void
    : Effect.fail(
        new RuntimeFailed({
          app: app.name,
          operation,
          reason: `${JSON.stringify(app.stack)} is not a valid stack name: use a-z, 0-9, _ and -, starting with a letter or digit`,
          next: "set `stack` of the app in lastgood.yaml"
        })
      )
