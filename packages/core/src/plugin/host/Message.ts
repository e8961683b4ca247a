/**
 * What lastgood and the process of a plugin say to each other: one JSON value a line, over a channel of their own. What
 * comes from the plugin's side is checked before anything is done with it.
 */
import * as Schema from "effect/Schema"
import type { RuntimeKind } from "../../domain/App.ts"

/** The app that a call is about, as `PluginApp` without the settings. */
export interface AboutApp {
  readonly name: string
  readonly recipe: string
  readonly domain: string
  readonly stack: string
  readonly runtime: RuntimeKind
}

export interface About {
  readonly app: AboutApp
  /** As they are written; the process decodes them itself. null: there are none. */
  readonly settings: unknown
}

/** Where a function is in the plugin: `["gates", "backlog"]`; `["health", 2, "look"]` is in what `health` returned. */
export type FunctionPath = ReadonlyArray<string | number>

export type Ask =
  /** The plugin itself. */
  | { readonly ask: "describe" }
  /** Whether its schema takes the settings. */
  | { readonly ask: "settings"; readonly about: About }
  /** Its list of checks. */
  | { readonly ask: "health"; readonly about: About }
  /** One of its functions; `told` is what it is given beside the app. */
  | { readonly ask: "run"; readonly about: About; readonly path: FunctionPath; readonly told: object }

export type ToProcess =
  | (Ask & { readonly id: number })
  /** Nobody waits for the call any more. */
  | { readonly abort: number }
  /** What came of a command. */
  | { readonly ran: number; readonly code: number; readonly output: string }
  | { readonly failed: number; readonly reason: string }
  /** Print where the syntax is wrong: only an error that ends the process shows it. */
  | { readonly dump: true }

const Id = Schema.Int
const text = (most: number) => Schema.String.pipe(Schema.check(Schema.isMaxLength(most)))

export const FromProcess = Schema.Union([
  /** `value` is made by `plain`. */
  Schema.Struct({ answer: Id, value: Schema.Unknown }),
  Schema.Struct({ threw: Id, reason: text(8192) }),
  /** A command to run in a service's container, for the call `of`. */
  Schema.Struct({ exec: Id, of: Id, command: text(1_048_576), service: Schema.NullOr(text(1024)) }),
  /** The process is about to end. `next`: what the operator does, where that is not to correct the plugin. */
  Schema.Struct({ broke: text(8192), code: text(256), stack: text(8192), next: Schema.NullOr(text(8192)) })
])
export type FromProcess = typeof FromProcess.Type

/** What `settings` is answered with, inside `value`. */
export const SettingsAnswer = Schema.Union([
  Schema.Struct({ secrets: Schema.Array(Schema.String) }),
  Schema.Struct({
    issues: Schema.Array(
      Schema.Struct({ message: Schema.String, path: Schema.Array(Schema.Union([Schema.String, Schema.Number])) })
    )
  }),
  Schema.Struct({ later: Schema.Literal(true) })
])
export type SettingsAnswer = typeof SettingsAnswer.Type
