/**
 * The part of a plugin's code that is called before an app is worked on: its schema of settings, and its list of checks.
 * Called in lastgood itself for a plugin that comes with it, in a process of its own for any other.
 */
import * as Effect from "effect/Effect"
import type { PluginHome } from "../domain/Extension.ts"
import { confidentialInSettings } from "../secrets/confidential.ts"
import type { PluginApp } from "./definePlugin.ts"
import { reasonOf } from "./reasonOf.ts"
import type { StandardIssue, StandardSchema } from "./StandardSchema.ts"

export type Decoded =
  | {
      /** What the plugin's other functions are to be told. */
      readonly settings: unknown
      /** What must not be repeated (LAW-12). */
      readonly secrets: ReadonlyArray<string>
      readonly issues?: undefined
    }
  | { readonly issues: ReadonlyArray<StandardIssue> }

/** `decode` and `checks` fail with a reason in words. */
export interface PluginCode {
  /** For an app; null: lastgood itself. */
  readonly homeOf: (app: string) => PluginHome | null
  readonly decode: (app: PluginApp<unknown>, schema: StandardSchema<unknown>) => Effect.Effect<Decoded, string>
  /** What `health` returned, whatever that is. */
  readonly checks: (
    app: PluginApp<unknown>,
    health: (app: PluginApp<unknown>) => unknown
  ) => Effect.Effect<unknown, string>
}

export const late = "its settings schema does not answer at once"

export const inLastgood: PluginCode = {
  homeOf: () => null,
  decode: ({ settings }, schema) =>
    Effect.try({
      try: () => schema["~standard"].validate(settings ?? {}),
      catch: (thrown) => `its settings schema threw: ${reasonOf(thrown, confidentialInSettings(settings))}`
    }).pipe(
      Effect.flatMap((answer): Effect.Effect<Decoded, string> => {
        if (answer instanceof Promise) {
          // Nobody waits for it; it must not end the process either.
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
