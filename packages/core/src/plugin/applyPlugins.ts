/**
 * What an app's plugin adds to the app as configured. Pure, apart from calling the plugin's own functions; what these
 * throw or return wrongly disables the apps of that plugin, never others.
 *
 * - Health: `health.checks` of the configuration replace the plugin's. Deadline, stable time and interval are the
 *   configuration's alone.
 * - Volumes: what the configuration says of a volume, `include` or `exclude`, replaces what the plugin says of it.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { CheckFile, toChecks } from "../config/CheckFile.ts"
import type { AppSettings, Config } from "../config/Config.ts"
import { explain, parseOptions, showPath } from "../config/explain.ts"
import type { App, Check, VolumeFilter } from "../domain/App.ts"
import type { LoadedPlugin } from "./LoadedPlugin.ts"
import type { Plugins } from "./loadPlugins.ts"
import { PluginBroken, SettingsInvalid } from "./PluginError.ts"
import { reasonOf } from "./reasonOf.ts"

export interface Plugged {
  /** The apps that can be worked on, in the order of the configuration. */
  readonly apps: ReadonlyArray<App>
  /** By app name: why an app cannot. */
  readonly disabled: ReadonlyMap<string, PluginBroken | SettingsInvalid>
}

export const applyPlugins = (config: Pick<Config, "apps" | "settings">, plugins: Plugins): Plugged => {
  const apps: Array<App> = []
  const disabled = new Map<string, PluginBroken | SettingsInvalid>()
  for (const app of config.apps) {
    const plugged = Result.flatMap(plugins.of(app), (plugin) => applyPlugin(app, config.settings.get(app.name), plugin))
    if (Result.isSuccess(plugged)) apps.push(plugged.success)
    else disabled.set(app.name, plugged.failure)
  }
  return { apps, disabled }
}

/**
 * @param settings the app's own; undefined: it has none.
 * @param plugin null: no plugin serves the app.
 */
export const applyPlugin = (
  app: App,
  settings: AppSettings | undefined,
  plugin: LoadedPlugin | null
): Result.Result<App, PluginBroken | SettingsInvalid> =>
  Result.gen(function* () {
    const decoded = yield* settingsFor(app, settings, plugin)
    if (plugin === null) return app
    const { volumes } = plugin.shape
    const checks = app.gate.checks.length > 0 ? app.gate.checks : yield* checksOf(app, decoded, plugin)
    const filters = { ...filtersOf(volumes?.include, volumes?.exclude), ...app.snapshot.filters }
    return { ...app, gate: { ...app.gate, checks }, snapshot: { ...app.snapshot, filters } }
  })

const brokenBy = (plugin: LoadedPlugin, reason: string): PluginBroken =>
  new PluginBroken({
    plugin: plugin.entry,
    file: plugin.file,
    recipe: plugin.shape.recipe,
    reason,
    next: `correct the plugin${plugin.file === null ? "" : ` ${plugin.file}`}; until then its apps are left as they are`
  })

const settingsFor = (
  app: App,
  settings: AppSettings | undefined,
  plugin: LoadedPlugin | null
): Result.Result<unknown, PluginBroken | SettingsInvalid> => {
  const schema = plugin?.shape.settings
  const invalid = (problems: ReadonlyArray<string>) =>
    Result.fail(
      new SettingsInvalid({ app: app.name, plugin: plugin?.entry ?? null, at: settings?.at ?? app.name, problems })
    )
  if (plugin === null || schema === undefined) {
    if (settings === undefined) return Result.succeed(undefined)
    return invalid([plugin === null ? "no plugin serves the app" : `the plugin ${plugin.entry} takes none`])
  }
  return Result.flatMap(
    Result.try({
      try: () => schema["~standard"].validate(settings?.values ?? {}),
      catch: (thrown) => brokenBy(plugin, `its settings schema threw: ${reasonOf(thrown)}`)
    }),
    (answer): Result.Result<unknown, PluginBroken | SettingsInvalid> => {
      if (answer instanceof Promise) {
        // Nobody waits for it; it must not end the process either.
        answer.catch(() => undefined)
        return Result.fail(brokenBy(plugin, "its settings schema does not answer at once"))
      }
      if (answer.issues === undefined) return Result.succeed(answer.value)
      return invalid(
        answer.issues.map(({ message, path = [] }) => {
          const at = showPath(path.map((part) => (typeof part === "object" ? part.key : part)))
          return at === "" ? message : `\`${at}\`: ${message}`
        })
      )
    }
  )
}

const decodeChecks = Schema.decodeUnknownResult(Schema.Array(CheckFile).annotate({ expected: "a list of checks" }))

const checksOf = (
  app: App,
  settings: unknown,
  plugin: LoadedPlugin
): Result.Result<ReadonlyArray<Check>, PluginBroken> => {
  const { health } = plugin.shape
  if (health === undefined) return Result.succeed([])
  const { domain, name, recipeName, runtime, stack } = app
  const told = Object.freeze({ name, recipe: recipeName, domain, stack, runtime, settings })
  return Result.try({
    try: () => health(told),
    catch: (thrown) => brokenBy(plugin, `its health function threw for ${name}: ${reasonOf(thrown)}`)
  }).pipe(
    Result.flatMap((returned) =>
      Result.mapError(decodeChecks(returned, parseOptions), ({ issue }) => {
        const problems = explain(issue).map(({ text }) => text)
        return brokenBy(plugin, `its health function returned no checks for ${name}: ${problems.join("; ")}`)
      })
    ),
    Result.map((checks) => toChecks(checks, domain))
  )
}

type Globs = Readonly<Record<string, ReadonlyArray<string>>>

const filtersOf = (include: Globs = {}, exclude: Globs = {}): Readonly<Record<string, VolumeFilter>> =>
  Object.fromEntries(
    [...new Set([...Object.keys(include), ...Object.keys(exclude)])].map((volume) => [
      volume,
      { include: include[volume] ?? [], exclude: exclude[volume] ?? [] }
    ])
  )
