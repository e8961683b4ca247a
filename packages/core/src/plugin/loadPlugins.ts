/**
 * Loads the plugins of a configuration: those under `plugins:`, those that an app names, and the built-in ones whose recipe
 * an app has. Never fails: a broken plugin is listed as broken and disables the apps that it would have served. Plugins
 * from files run in separate processes, which end when the scope closes.
 *
 * An app's plugin is the one that it names (`plugin:`), else the configured one for its recipe, else the built-in one for
 * its recipe, else none. The next in this order never replaces a broken plugin. A broken plugin whose recipe is unknown may
 * be for any recipe, so it disables every app that no other configured plugin serves.
 */
import { dirname } from "node:path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Config } from "../config/Config.ts"
import { faultText, remedyFor } from "../disk/ownership.ts"
import type { App } from "../domain/App.ts"
import { redactShapes } from "../secrets/Redact.ts"
import { codeFault } from "./codeFault.ts"
import { describe, inProcesses } from "./host/hosted.ts"
import { untrustedCode } from "./host/onlyOwn.ts"
import type { PluginFault } from "./host/PluginFault.ts"
import { makeProcesses } from "./host/PluginProcesses.ts"
import { type LoadedPlugin, toLoadedPlugin } from "./LoadedPlugin.ts"
import { PluginBroken } from "./PluginError.ts"
import { reasonOf } from "./reasonOf.ts"
import { isPath, recipeNamedBy, resolvePlugin } from "./resolvePlugin.ts"

/** Imports of built-in plugins, by recipe. Called only if an app has that recipe. */
export type BuiltIns = Readonly<Record<string, () => Promise<unknown>>>

export interface Plugins {
  /** The checked plugin that serves an app; null: none. */
  readonly of: (app: App) => Result.Result<LoadedPlugin | null, PluginBroken>
  /** All broken plugins, whether they disable an app or not. */
  readonly broken: ReadonlyArray<PluginBroken>
}

type Loaded = Result.Result<LoadedPlugin, PluginBroken>

/** A module that waits at its top level, or never yields, must not delay every app. */
const importTimeout = "30 seconds"

export const loadPlugins = Effect.fn("Plugins.load")(function* (
  config: Pick<Config, "file" | "plugins" | "namedPlugins" | "apps">,
  builtIns: BuiltIns
) {
  const folder = dirname(config.file)
  const load = (entry: string): Effect.Effect<Loaded, never, FileSystem.FileSystem | Scope.Scope> =>
    Object.hasOwn(builtIns, entry) ? loadBuiltIn(builtIns, entry) : loadEntry(folder, entry)

  const wanted = [...new Set([...config.plugins, ...config.namedPlugins.values()])]
  const loads = yield* Effect.forEach(wanted, (entry) => Effect.map(load(entry), (one) => [entry, one] as const), {
    concurrency: 4
  })
  const named = new Map(loads)
  const listed = new Map(loads.filter(([entry]) => config.plugins.includes(entry)))
  const byRecipe = byRecipeOf([...listed.values()])
  const unknown = [...listed.values()].flatMap((one) =>
    Result.isFailure(one) && one.failure.recipe === null ? [one.failure] : []
  )
  for (const app of config.apps) {
    const recipe = app.recipeName
    if (config.namedPlugins.has(app.name) || byRecipe.has(recipe) || !Object.hasOwn(builtIns, recipe)) continue
    if (unknown.length === 0) byRecipe.set(recipe, yield* loadBuiltIn(builtIns, recipe))
  }
  const all = new Set([...named.values(), ...byRecipe.values()])
  const plugins: Plugins = {
    of: (app) => {
      const entry = config.namedPlugins.get(app.name)
      if (entry !== undefined) return named.get(entry) ?? Result.succeed(null)
      return byRecipe.get(app.recipeName) ?? perhapsServed(app.recipeName, unknown)
    },
    broken: [...all].flatMap((one) => (Result.isFailure(one) ? [one.failure] : []))
  }
  return plugins
})

/** Of two plugins for one recipe neither is used, because the choice would be a guess. The same file twice counts as one. */
const byRecipeOf = (listed: ReadonlyArray<Loaded>): Map<string, Loaded> => {
  const byRecipe = new Map<string, Loaded>()
  for (const one of listed) {
    const recipe = Result.isSuccess(one)
      ? one.success.shape.recipe
      : (one.failure.recipe ?? recipeNamedBy(one.failure.plugin))
    const other = byRecipe.get(recipe)
    if (other === undefined) {
      byRecipe.set(recipe, one)
    } else if (Result.isSuccess(one) && Result.isSuccess(other) && one.success.file !== other.success.file) {
      const reason = `${other.success.entry} is also for the recipe ${recipe}`
      byRecipe.set(
        recipe,
        broken(
          one.success.entry,
          one.success.file,
          recipe,
          reason,
          "remove one of them from plugins, or name one with `plugin:` in each app"
        )
      )
    } else if (Result.isFailure(one)) {
      byRecipe.set(recipe, one)
    }
  }
  return byRecipe
}

/** @param unknown broken plugins, any of which may contain the gates, hooks and filters of the recipe's apps. */
const perhapsServed = (recipe: string, unknown: ReadonlyArray<PluginBroken>): Result.Result<null, PluginBroken> => {
  const [first, ...others] = unknown
  if (first === undefined) return Result.succeed(null)
  const too = others.length === 0 ? "" : `, and so may ${others.map(({ plugin }) => plugin).join(", ")}`
  return Result.fail(
    new PluginBroken({
      plugin: first.plugin,
      file: first.file,
      recipe: null,
      isTrusted: unknown.every(({ isTrusted }) => isTrusted),
      reason: `${first.reason}; it may be the plugin for the recipe ${recipe}${too}`,
      next: `${first.next}; or remove it from plugins, and set \`plugin:\` in each app that it serves`
    })
  )
}

const broken = (plugin: string, file: string | null, recipe: string | null, reason: string, next: string) =>
  Result.fail(new PluginBroken({ plugin, file, recipe, isTrusted: true, reason, next }))

/** LAW-17: another user could have written it, or a file that it imports. */
const untrusted = (plugin: string, file: string, reason: string, next: string) =>
  Result.fail(new PluginBroken({ plugin, file, recipe: null, isTrusted: false, reason, next }))

const importing = <E>(load: () => Promise<unknown>, onError: (thrown: unknown) => E, late: () => E) =>
  Effect.tryPromise({ try: load, catch: onError }).pipe(
    Effect.timeoutOption(importTimeout),
    Effect.flatMap(Option.match({ onNone: () => Effect.fail(late()), onSome: (module) => Effect.succeed(module) }))
  )

const loadBuiltIn = Effect.fnUntraced(function* (builtIns: BuiltIns, recipe: string): Effect.fn.Return<Loaded> {
  const next = "this is a bug in lastgood; until it is fixed, list your own plugin for the recipe"
  const module = yield* Effect.result(
    importing(
      () => builtIns[recipe]?.() ?? Promise.resolve(undefined),
      (thrown) => reasonOf(thrown),
      () => "it did not load in time"
    )
  )
  const plugin = Result.flatMap(module, (value) => toLoadedPlugin(recipe, null, defaultOf(value)))
  return Result.isSuccess(plugin) ? Result.succeed(plugin.success) : broken(recipe, null, recipe, plugin.failure, next)
})

const loadEntry = Effect.fnUntraced(function* (
  folder: string,
  entry: string
): Effect.fn.Return<Loaded, never, FileSystem.FileSystem | Scope.Scope> {
  const found = yield* Effect.result(resolvePlugin(folder, entry))
  if (Result.isFailure(found)) {
    const next = isPath(entry)
      ? "correct the path (under plugins, it is relative to the configuration's folder)"
      : `run npm install ${entry} in the configuration's folder`
    return broken(entry, null, null, found.failure, next)
  }
  const file = found.success
  // LAW-17: checked before any of its code runs.
  const fault = codeFault(file)
  if (fault !== null) {
    return untrusted(entry, file, `it is not used: ${faultText(fault)}`, remedyFor(fault))
  }
  const processes = yield* Effect.acquireRelease(
    Effect.map(Effect.context<never>(), (context) => {
      const say = (text: string) => void Effect.runForkWith(context)(Console.error(redactShapes(text).slice(0, 1000)))
      return makeProcesses(
        file,
        (line) => say(`${entry}: ${line}`),
        (app, reason) =>
          say(
            `lastgood: warning: plugin ${entry} (${file})${app === null ? "" : `, for ${app}`}: ${reason} (next: correct ${file})`
          )
      )
    }),
    ({ end }) => Effect.sync(end)
  )
  const exported = yield* Effect.result(
    describe(processes).pipe(
      Effect.mapError((fault) =>
        fault.code === untrustedCode
          ? { isTrusted: false, reason: fault.reason, next: fault.next ?? adviceFor(fault, file) }
          : { isTrusted: true, reason: `it cannot be imported: ${whereOf(fault)}`, next: adviceFor(fault, file) }
      ),
      Effect.timeoutOrElse({
        duration: importTimeout,
        orElse: () =>
          Effect.fail({
            isTrusted: true,
            reason: `it did not load within ${importTimeout}`,
            next: `remove waits and loops from the top level of ${file}`
          })
      })
    )
  )
  if (Result.isFailure(exported)) {
    const { isTrusted, next, reason } = exported.failure
    return isTrusted ? broken(entry, file, null, reason, next) : untrusted(entry, file, reason, next)
  }
  const value = exported.success
  if (value === undefined) {
    return broken(entry, file, null, "it has no default export", `add to ${file}: export default definePlugin({ … })`)
  }
  const plugin = toLoadedPlugin(entry, file, value, inProcesses(processes))
  if (Result.isSuccess(plugin)) return Result.succeed(plugin.success)
  return broken(entry, file, recipeOf(value), `it is not a plugin: ${plugin.failure}`, `correct ${file}`)
})

const defaultOf = (module: unknown): unknown =>
  typeof module === "object" && module !== null && "default" in module ? module.default : undefined

const recipeOf = (value: unknown): string | null =>
  typeof value === "object" && value !== null && "recipe" in value && typeof value.recipe === "string"
    ? value.recipe
    : null

const whereOf = ({ at, reason }: PluginFault): string =>
  at === null ? reasonOf(reason) : `${at}: ${reasonOf(reason.replace(/^SyntaxError: /, ""))}`

const adviceFor = ({ at, code, reason }: PluginFault, file: string): string => {
  if (at !== null) return `correct ${at}`
  // Deno gives every failed import the same code, and has Node's code in the text.
  const said = `${code} ${reason}`
  if (said.includes("ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING")) {
    return "compile the package to JavaScript before you publish it"
  }
  return said.includes("ERR_MODULE_NOT_FOUND")
    ? `install its imports with npm beside ${file}, or export a plain object, which needs no import`
    : `correct ${file}`
}
