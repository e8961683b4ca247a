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

/** The programs that apps run in. */
export type RuntimeKind = "local" | "swarm" | "compose" | "abra"

/** The steps of an attempt that hooks can stand beside. */
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

/** What a gate is told. `from` null: nothing ran before. */
export interface GateAsked<Settings> extends Inside {
  readonly app: PluginApp<Settings>
  readonly from: Ref | null
  readonly to: Ref | null
  readonly trigger: "operator" | "reconciler"
}

/** What a hook is told. `from` null: nothing ran before; `to` null: nothing comes. */
export interface HookTold<Settings> extends Inside {
  readonly app: PluginApp<Settings>
  readonly from: Ref | null
  readonly to: Ref | null
  readonly attempt: string
  /** `deploy`: the app is down when the attempt begins, so a hook before `deploy` has nothing to run a command in. */
  readonly kind: "upgrade" | "deploy" | "snapshot" | "promote" | "rollback" | "try"
  readonly direction: "forward" | "back"
}

/**
 * Asked while the app runs, before an upgrade. Returns nothing to let it go on, a text or `{ reason, next }` to hold it
 * back. One that throws, or does not answer in time, holds it back too.
 */
export type GateOf<Settings> = (asked: GateAsked<Settings>) => unknown

/**
 * Run before or after a step; may run again after a crash. A text that it returns is kept in the log. On the way forward
 * one that throws or is late fails its step; a rollback is never stopped by one.
 */
export type HookOf<Settings> = (told: HookTold<Settings>) => unknown

/** Code with a deadline of its own: `500ms`, `20s`, up to `10m`. */
export type WithTimeout<F> = F | { readonly run: F; readonly timeout: string }

/** Hooks by step. */
export type StepHooks<Settings> = Readonly<Partial<Record<PerformedStep, WithTimeout<HookOf<Settings>>>>>

/** Why a Standard Schema refuses a value. */
export interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/** What a Standard Schema answers. */
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

/** A recipe plugin: what lastgood cannot read from the recipe itself. */
export interface Plugin<Settings = undefined> {
  /** The recipe that it is for: the name of the recipe's folder. */
  readonly recipe: string
  /** What the app's `settings:` may be. Must answer at once: a schema that needs to wait is refused. */
  readonly settings?: StandardSchema<Settings>
  /** The app's health checks, used where the configuration has none. Must be pure. */
  readonly health?: (app: PluginApp<Settings>) => ReadonlyArray<PluginCheck>
  /** Globs by volume, relative to the volume's root. What the configuration says of a volume replaces them. */
  readonly volumes?: {
    readonly include?: Readonly<Record<string, ReadonlyArray<string>>>
    readonly exclude?: Readonly<Record<string, ReadonlyArray<string>>>
  }
  /** By name, which `plan` and the log show. Default deadline: 10 s. */
  readonly gates?: Readonly<Record<string, WithTimeout<GateOf<Settings>>>>
  /** By moment and step. Default deadline: 30 s. */
  readonly hooks?: Readonly<Partial<Record<"before" | "after", StepHooks<Settings>>>>
}

/** Gives a plugin its type; returns it as it is. */
export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin
