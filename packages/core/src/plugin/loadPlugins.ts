/**
 * Loads the plugins that a configuration asks for: those under `plugins:`, those that an app names, and of the built-in
 * ones only those whose recipe an app has. Never fails: a plugin that is broken is set down as such, and disables the apps
 * that it would have served.
 *
 * Which plugin serves an app: the one that it names (`plugin:`), else the one of the configuration for its recipe, else
 * the built-in one for its recipe, else none. A broken plugin is never stood in for by the next in that order.
 */
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Config } from "../config/Config.ts"
import type { App } from "../domain/App.ts"
import { type LoadedPlugin, toLoadedPlugin } from "./LoadedPlugin.ts"
import { PluginBroken } from "./PluginError.ts"
import { codeOf, reasonOf } from "./reasonOf.ts"
import { isPath, recipeNamedBy, resolvePlugin } from "./resolvePlugin.ts"

/** By recipe: imports a plugin's module. Called only when an app has that recipe. */
export type BuiltIns = Readonly<Record<string, () => Promise<unknown>>>

export interface Plugins {
  /** The plugin that serves an app, checked; null: none does. */
  readonly of: (app: App) => Result.Result<LoadedPlugin | null, PluginBroken>
  /** Every plugin that is broken, whether it disables an app or not. */
  readonly broken: ReadonlyArray<PluginBroken>
}

type Loaded = Result.Result<LoadedPlugin, PluginBroken>

/** A module that waits at its top level for something that does not come must not keep every app waiting. */
const importTimeout = "30 seconds"

export const loadPlugins = Effect.fn("loadPlugins")(function* (
  config: Pick<Config, "file" | "plugins" | "namedPlugins" | "apps">,
  builtIns: BuiltIns
) {
  const folder = dirname(config.file)
  const load = (entry: string): Effect.Effect<Loaded, never, FileSystem.FileSystem> =>
    Object.hasOwn(builtIns, entry) ? loadBuiltIn(builtIns, entry) : loadEntry(folder, entry)

  const listed = new Map<string, Loaded>()
  for (const entry of config.plugins) {
    if (!listed.has(entry)) listed.set(entry, yield* load(entry))
  }
  const named = new Map(listed)
  for (const entry of config.namedPlugins.values()) {
    if (!named.has(entry)) named.set(entry, yield* load(entry))
  }
  const byRecipe = byRecipeOf([...listed.values()])
  for (const app of config.apps) {
    const recipe = app.recipeName
    if (config.namedPlugins.has(app.name) || byRecipe.has(recipe) || !Object.hasOwn(builtIns, recipe)) continue
    byRecipe.set(recipe, yield* loadBuiltIn(builtIns, recipe))
  }
  const all = new Set([...named.values(), ...byRecipe.values()])
  const plugins: Plugins = {
    of: (app) => {
      const entry = config.namedPlugins.get(app.name)
      return (entry === undefined ? byRecipe.get(app.recipeName) : named.get(entry)) ?? Result.succeed(null)
    },
    broken: [...all].flatMap((one) => (Result.isFailure(one) ? [one.failure] : []))
  }
  return plugins
})

/** Two plugins for one recipe: neither is taken, since nobody can say which was meant. The same file twice is one. */
const byRecipeOf = (listed: ReadonlyArray<Loaded>): Map<string, Loaded> => {
  const byRecipe = new Map<string, Loaded>()
  for (const one of listed) {
    const recipe = Result.isSuccess(one) ? one.success.shape.recipe : one.failure.recipe
    const other = byRecipe.get(recipe)
    if (other === undefined) {
      byRecipe.set(recipe, one)
    } else if (Result.isSuccess(one) && Result.isSuccess(other) && one.success.file !== other.success.file) {
      const reason = `${other.success.entry} is for the recipe ${recipe} too`
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

const broken = (plugin: string, file: string | null, recipe: string, reason: string, next: string) =>
  Result.fail(new PluginBroken({ plugin, file, recipe, reason, next }))

const importing = <E>(load: () => Promise<unknown>, onError: (thrown: unknown) => E, late: () => E) =>
  Effect.tryPromise({ try: load, catch: onError }).pipe(
    Effect.timeoutOption(importTimeout),
    Effect.flatMap(Option.match({ onNone: () => Effect.fail(late()), onSome: (module) => Effect.succeed(module) }))
  )

const loadBuiltIn = Effect.fnUntraced(function* (builtIns: BuiltIns, recipe: string): Effect.fn.Return<Loaded> {
  const next = "this is a fault of lastgood; until it is mended, list a plugin of your own for the recipe"
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
): Effect.fn.Return<Loaded, never, FileSystem.FileSystem> {
  const found = yield* Effect.result(resolvePlugin(folder, entry))
  const guess = recipeNamedBy(entry)
  if (Result.isFailure(found)) {
    const next = isPath(entry)
      ? "correct the path under plugins; it counts from the configuration's folder"
      : `npm install ${entry}, in the configuration's folder`
    return broken(entry, null, guess, found.failure, next)
  }
  const file = found.success
  const module = yield* Effect.result(
    importing(
      () => import(pathToFileURL(file).href),
      (thrown) => ({ reason: `it cannot be imported: ${reasonOf(thrown)}`, next: adviceFor(thrown, file) }),
      () => ({ reason: `it did not load within ${importTimeout}`, next: `let ${file} not wait at its top level` })
    )
  )
  if (Result.isFailure(module)) return broken(entry, file, guess, module.failure.reason, module.failure.next)
  const value = defaultOf(module.success)
  if (value === undefined) {
    return broken(entry, file, guess, "it has no default export", `let ${file} say: export default definePlugin({ … })`)
  }
  const plugin = toLoadedPlugin(entry, file, value)
  if (Result.isSuccess(plugin)) return Result.succeed(plugin.success)
  return broken(entry, file, recipeOf(value) ?? guess, `it is not a plugin: ${plugin.failure}`, `correct ${file}`)
})

const defaultOf = (module: unknown): unknown =>
  typeof module === "object" && module !== null && "default" in module ? module.default : undefined

const recipeOf = (value: unknown): string | null =>
  typeof value === "object" && value !== null && "recipe" in value && typeof value.recipe === "string"
    ? value.recipe
    : null

const adviceFor = (thrown: unknown, file: string): string => {
  // Deno gives every import that fails the same code, and Node's own in the text.
  const said = `${codeOf(thrown)} ${reasonOf(thrown)}`
  if (said.includes("ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING")) {
    return "a package must hold JavaScript: compile it before it is published"
  }
  return said.includes("ERR_MODULE_NOT_FOUND")
    ? `npm install what it imports beside ${file}, or export a plain object, which needs no import`
    : `correct ${file}`
}
