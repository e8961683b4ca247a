/**
 * The types of a lastgood plugin, and `definePlugin`, which gives a plain value its type.
 *
 * @example
 * ```ts
 * import { definePlugin } from "@lastgood/plugin"
 * import { http } from "@lastgood/plugin/checks"
 *
 * export default definePlugin({ recipe: "nextcloud", health: () => [http({ path: "/status.php" })] })
 * ```
 *
 * @module
 */
import type { Inside, PluginCheck } from "./checks.ts"

export type { CheckInside, CheckText, Inside, LookInside, PluginCheck } from "./checks.ts"

/** The runtimes that an app can run on. */
export type RuntimeKind = "local" | "swarm" | "compose" | "abra"

/** The steps of an attempt that can have hooks. */
export type PerformedStep =
  | "prefetch"
  | "check"
  | "stage"
  | "undeploy"
  | "snapshot"
  | "restore"
  | "deploy"
  | "health"
  | "command"
  | "seal"
  | "tidy"

/** A version of the recipe: its tag, and the commit that the tag names. */
export interface Ref {
  readonly version: string
  readonly commit: string
}

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

/** The argument of a gate. `from` null: nothing ran before. */
export interface GateAsked<Settings> extends Inside {
  readonly app: PluginApp<Settings>
  readonly from: Ref | null
  readonly to: Ref | null
  readonly trigger: "operator" | "reconciler"
}

/** The argument of a hook. `from` null: nothing ran before; `to` null: no version follows. */
export interface HookTold<Settings> extends Inside {
  readonly app: PluginApp<Settings>
  readonly from: Ref | null
  readonly to: Ref | null
  readonly attempt: string
  /** `deploy`: the app is down when the attempt begins, so a hook before `deploy` has nothing to run a command in. */
  readonly kind: "upgrade" | "deploy" | "snapshot" | "promote" | "rollback" | "try" | "stop"
  readonly direction: "forward" | "back"
}

/**
 * Called while the app runs, before an upgrade. Returns nothing to allow the upgrade, or a text or `{ reason, next }` to
 * refuse it. A gate that throws or times out refuses it too.
 */
export type GateOf<Settings> = (asked: GateAsked<Settings>) => unknown

/**
 * Called before or after a step; may be called again after a crash. The log keeps a returned text. In a forward step, a
 * hook that throws or times out fails the step. A hook never stops a rollback.
 */
export type HookOf<Settings> = (told: HookTold<Settings>) => unknown

/** A function, or a function with its own timeout: `500ms`, `20s`, up to `10m`. */
export type WithTimeout<F> = F | { readonly run: F; readonly timeout: string }

/** Hooks by step. */
export type StepHooks<Settings> = Readonly<Partial<Record<PerformedStep, WithTimeout<HookOf<Settings>>>>>

/** Why a Standard Schema refuses a value. */
export interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/** The result of a Standard Schema. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> }

/** The part of Standard Schema (version 1) that lastgood uses: of zod, valibot, or Effect's `Schema.toStandardSchemaV1`. */
export interface StandardSchema<Output> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

/** A recipe plugin adds what lastgood cannot read from the recipe itself. */
export interface Plugin<Settings = undefined> {
  /** The recipe that it is for: the name of the recipe's folder. */
  readonly recipe: string
  /** The schema of the app's `settings:`. It must be synchronous. */
  readonly settings?: StandardSchema<Settings>
  /** The app's health checks, used if the configuration has none. Must be pure. */
  readonly health?: (app: PluginApp<Settings>) => ReadonlyArray<PluginCheck>
  /** Globs by volume, relative to the volume root. The configuration's filter of a volume replaces them. */
  readonly volumes?: {
    readonly include?: Readonly<Record<string, ReadonlyArray<string>>>
    readonly exclude?: Readonly<Record<string, ReadonlyArray<string>>>
  }
  /** Gates by name, which `plan` and the log show. Default timeout: 10 s. */
  readonly gates?: Readonly<Record<string, WithTimeout<GateOf<Settings>>>>
  /** Hooks by moment and step. Default timeout: 30 s. */
  readonly hooks?: Readonly<Partial<Record<"before" | "after", StepHooks<Settings>>>>
}

/** Gives a plugin its type and returns it unchanged. */
export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin
