/**
 * The messages between lastgood and the process of a plugin: one JSON value per line, over a separate channel. lastgood
 * checks every message of the plugin before it uses it.
 */
import * as Schema from "effect/Schema"
import type { RuntimeKind } from "../../domain/App.ts"

/** The app of a call, as `PluginApp` without the settings. */
export interface AboutApp {
  readonly name: string
  readonly recipe: string
  readonly domain: string
  readonly stack: string
  readonly runtime: RuntimeKind
}

export interface About {
  readonly app: AboutApp
  /** The settings as written; the process decodes them itself. null: none. */
  readonly settings: unknown
}

/** The path of a function in the plugin: `["gates", "backlog"]`; `["health", 2, "look"]` is in the value of `health`. */
export type FunctionPath = ReadonlyArray<string | number>

export type Ask =
  /** Describe the plugin. */
  | { readonly ask: "describe" }
  /** Decode the settings by its schema. */
  | { readonly ask: "settings"; readonly about: About }
  /** Return its list of checks. */
  | { readonly ask: "health"; readonly about: About }
  /** Call one of its functions; `told` is the argument without the app. */
  | { readonly ask: "run"; readonly about: About; readonly path: FunctionPath; readonly told: object }

export type ToProcess =
  | (Ask & { readonly id: number })
  /** The call is aborted. */
  | { readonly abort: number }
  /** The result of a command. */
  | { readonly ran: number; readonly code: number; readonly output: string }
  | { readonly failed: number; readonly reason: string }
  /** Print the position of a syntax error, which Node shows only for an error that ends the process. */
  | { readonly dump: true }

const Id = Schema.Int
const text = (most: number) => Schema.String.pipe(Schema.check(Schema.isMaxLength(most)))

export const FromProcess = Schema.Union([
  /** `value` was made by `plain`. */
  Schema.Struct({ answer: Id, value: Schema.Unknown }),
  Schema.Struct({ threw: Id, reason: text(8192) }),
  /** A command to run in a service's container, for the call `of`. */
  Schema.Struct({ exec: Id, of: Id, command: text(1_048_576), service: Schema.NullOr(text(1024)) }),
  /** The process is about to end. `next`: the remedy, if it is not to correct the plugin. */
  Schema.Struct({ broke: text(8192), code: text(256), stack: text(8192), next: Schema.NullOr(text(8192)) })
])
export type FromProcess = typeof FromProcess.Type

/** The answer to `settings`, inside `value`. */
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
