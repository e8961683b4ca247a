/**
 * A recipe plugin: what lastgood cannot read from the recipe itself. What is healthy, which paths of a volume are no data,
 * what holds an upgrade back, and what is done beside its steps. A plugin is a plain value; `definePlugin` only gives it
 * its type, so one written by hand in JavaScript is as good.
 */

import type { RuntimeKind } from "../domain/App.ts"
import type { HookMoment, PluginGate, PluginHook } from "../domain/Extension.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import type { PluginCheck } from "./checks.ts"
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

type Told<F extends (told: never) => unknown, Settings> = (
  told: Parameters<F>[0] & { readonly app: PluginApp<Settings> }
) => unknown

/**
 * Asked while the app runs, before an upgrade. Returns nothing to let it go on, a text or `{ reason, next }` to hold it
 * back (exit code 5, no downtime). One that throws, or does not answer in time, holds it back too.
 */
export type GateOf<Settings> = Told<PluginGate["ask"], Settings>

/**
 * Run before or after a step; may be run again after a crash. A text that it returns is kept in the log. On the way
 * forward one that throws or is late fails its step; the way back is never stopped by one.
 */
export type HookOf<Settings> = Told<PluginHook["run"], Settings>

/** Code with a deadline of its own: `500ms`, `20s`, up to `10m`. */
export type WithTimeout<F> = F | { readonly run: F; readonly timeout: string }

export interface Plugin<Settings = undefined> {
  /** The recipe that it is for: the name of the recipe's folder. */
  readonly recipe: string
  /** What the app's `settings:` may be. Must answer at once: a schema that needs to wait is refused. */
  readonly settings?: StandardSchema<Settings>
  /** The app's health checks, used where the configuration has none. Called once per start; must be pure. */
  readonly health?: (app: PluginApp<Settings>) => ReadonlyArray<PluginCheck>
  /** Globs by volume, relative to the volume's root. What the configuration says of a volume replaces them. */
  readonly volumes?: {
    readonly include?: Readonly<Record<string, ReadonlyArray<string>>>
    readonly exclude?: Readonly<Record<string, ReadonlyArray<string>>>
  }
  /** By name, which `plan` and the log show. Default deadline: 10 s. */
  readonly gates?: Readonly<Record<string, WithTimeout<GateOf<Settings>>>>
  /** By moment and step. Default deadline: 30 s. */
  readonly hooks?: Readonly<
    Partial<Record<HookMoment, Readonly<Partial<Record<PerformedStep, WithTimeout<HookOf<Settings>>>>>>>
  >
}

export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin
