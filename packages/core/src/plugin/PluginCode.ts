/**
 * The part of a plugin's code that is called before lastgood works on an app: its settings schema and its list of checks.
 * A built-in plugin runs in lastgood's own process, any other plugin in a separate process.
 */
import * as Effect from "effect/Effect"
import type { PluginHome } from "../domain/Extension.ts"
import { confidentialInSettings } from "../secrets/confidential.ts"
import type { PluginApp } from "./definePlugin.ts"
import { reasonOf } from "./reasonOf.ts"
import type { StandardIssue, StandardSchema } from "./StandardSchema.ts"

export type Decoded =
  | {
      /** The settings for the plugin's other functions. */
      readonly settings: unknown
      /** The secrets in them, which must not appear in any output (LAW-12). */
      readonly secrets: ReadonlyArray<string>
      readonly issues?: undefined
    }
  | { readonly issues: ReadonlyArray<StandardIssue> }

/** `decode` and `checks` fail with a reason as text. */
export interface PluginCode {
  /** The process for an app; null: lastgood's own. */
  readonly homeOf: (app: string) => PluginHome | null
  readonly decode: (app: PluginApp<unknown>, schema: StandardSchema<unknown>) => Effect.Effect<Decoded, string>
  /** The unchecked return value of `health`. */
  readonly checks: (
    app: PluginApp<unknown>,
    health: (app: PluginApp<unknown>) => unknown
  ) => Effect.Effect<unknown, string>
}

export const late = "its settings schema is asynchronous, which lastgood does not support"

export const inLastgood: PluginCode = {
  homeOf: () => null,
  decode: ({ settings }, schema) =>
    Effect.try({
      try: () => schema["~standard"].validate(settings ?? {}),
      catch: (thrown) => `its settings schema threw: ${reasonOf(thrown, confidentialInSettings(settings))}`
    }).pipe(
      Effect.flatMap((answer): Effect.Effect<Decoded, string> => {
        if (answer instanceof Promise) {
          // The promise is ignored, and its rejection must not end the process.
          answer.catch(() => undefined)
          return Effect.fail(late)
        }
        if (answer.issues !== undefined) return Effect.succeed({ issues: answer.issues })
        return Effect.succeed({ settings: answer.value, secrets: confidentialInSettings(answer.value) })
      })
    ),
  checks: (app, health) =>
    Effect.try({
      try: () => health(app),
      catch: (thrown) =>
        `its health function threw for ${app.name}: ${reasonOf(thrown, confidentialInSettings(app.settings))}`
    })
}
