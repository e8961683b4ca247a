/**
 * A recipe plugin: what lastgood cannot read from the recipe itself. What is healthy, and which paths of a volume are no
 * data. A plugin is a plain value; `definePlugin` only gives it its type, so one written by hand in JavaScript is as good.
 */

import type { CheckText } from "../config/CheckFile.ts"
import type { RuntimeKind } from "../domain/App.ts"
import type { StandardSchema } from "./StandardSchema.ts"

/** What a plugin is told of an app. */
export interface PluginApp<Settings> {
  readonly name: string
  readonly recipe: string
  readonly domain: string
  readonly stack: string
  readonly runtime: RuntimeKind
  /** The app's `settings:` as the plugin's own schema decoded them; undefined where the plugin has none. */
  readonly settings: Settings
}

export interface Plugin<Settings = undefined> {
  /** The recipe that it is for: the name of the recipe's folder. */
  readonly recipe: string
  /** What the app's `settings:` may be. Must answer at once: a schema that needs to wait is refused. */
  readonly settings?: StandardSchema<Settings>
  /** The app's health checks, used where the configuration has none. Called once per start; must be pure. */
  readonly health?: (app: PluginApp<Settings>) => ReadonlyArray<CheckText>
  /** Globs by volume, relative to the volume's root. What the configuration says of a volume replaces them. */
  readonly volumes?: {
    readonly include?: Readonly<Record<string, ReadonlyArray<string>>>
    readonly exclude?: Readonly<Record<string, ReadonlyArray<string>>>
  }
}

export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin
