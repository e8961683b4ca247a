/**
 * A recipe plugin adds what lastgood cannot read from the recipe: health checks, volume filters, gates, and hooks for
 * steps. A plugin is a plain value. `definePlugin` only gives it its type, so plain JavaScript works too.
 */

import type { RuntimeKind } from "../domain/App.ts"
import type { HookMoment, PluginGate, PluginHook } from "../domain/Extension.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import type { PluginCheck } from "./checks.ts"
import type { StandardSchema } from "./StandardSchema.ts"

/** An app as its plugin sees it. */
export interface PluginApp<Settings> {
  readonly name: string
  readonly recipe: string
  readonly domain: string
  readonly stack: string
  readonly runtime: RuntimeKind
  /** The app's `settings:`, decoded by the plugin's schema; undefined if the plugin has no schema. */
  readonly settings: Settings
}

type Told<F extends (told: never) => unknown, Settings> = (
  told: Parameters<F>[0] & { readonly app: PluginApp<Settings> }
) => unknown

/**
 * Called while the app runs, before an upgrade. Returns nothing to allow the upgrade, or a text or `{ reason, next }` to
 * refuse it (exit code 5, no downtime). A gate that throws or times out refuses it too.
 */
export type GateOf<Settings> = Told<PluginGate["ask"], Settings>

/**
 * Called before or after a step; may be called again after a crash. The log keeps a returned text. In a forward step, a
 * hook that throws or times out fails the step. A hook never stops a rollback.
 */
export type HookOf<Settings> = Told<PluginHook["run"], Settings>

/** A function, or a function with its own timeout: `500ms`, `20s`, up to `10m`. */
export type WithTimeout<F> = F | { readonly run: F; readonly timeout: string }

export interface Plugin<Settings = undefined> {
  /** The recipe that it is for: the name of the recipe's folder. */
  readonly recipe: string
  /** The schema of the app's `settings:`. It must be synchronous. */
  readonly settings?: StandardSchema<Settings>
  /** The app's health checks, used if the configuration has none. Called once per start; must be pure. */
  readonly health?: (app: PluginApp<Settings>) => ReadonlyArray<PluginCheck>
  /** Globs by volume, relative to the volume root. The configuration's filter of a volume replaces them. */
  readonly volumes?: {
    readonly include?: Readonly<Record<string, ReadonlyArray<string>>>
    readonly exclude?: Readonly<Record<string, ReadonlyArray<string>>>
  }
  /** Gates by name, which `plan` and the log show. Default timeout: 10 s. */
  readonly gates?: Readonly<Record<string, WithTimeout<GateOf<Settings>>>>
  /** Hooks by moment and step. Default timeout: 30 s. */
  readonly hooks?: Readonly<
    Partial<Record<HookMoment, Readonly<Partial<Record<PerformedStep, WithTimeout<HookOf<Settings>>>>>>>
  >
}

export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin
