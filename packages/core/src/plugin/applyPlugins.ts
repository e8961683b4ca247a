/**
 * What an app's plugin adds to the app as configured. Pure, apart from calling the plugin's own functions; what these
 * throw or return wrongly disables the apps of that plugin, never others.
 *
 * - Health: `health.checks` of the configuration replace the plugin's. Deadline, stable time and interval are the
 *   configuration's alone.
 * - Volumes: what the configuration says of a volume, `include` or `exclude`, replaces what the plugin says of it.
 */
import * as Result from "effect/Result"
import type { AppSettings, Config } from "../config/Config.ts"
import { explain, parseOptions, showPath } from "../config/explain.ts"
import { settled, settleFilters } from "../config/settle.ts"
import type { App, Check } from "../domain/App.ts"
import { confidentialInSettings } from "../process/confidential.ts"
import type { PluginApp } from "./definePlugin.ts"
import { extensionOf } from "./extensionOf.ts"
import type { LoadedPlugin } from "./LoadedPlugin.ts"
import type { Plugins } from "./loadPlugins.ts"
import { decodeChecks, toPluginChecks } from "./PluginCheckFile.ts"
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
    const { domain, name, recipeName: recipe, runtime, stack } = app
    const told = Object.freeze({ name, recipe, domain, stack, runtime, settings: decoded })
    const checks = app.gate.checks.length > 0 ? [] : yield* checksOf(told, plugin)
    const checked: App =
      checks.length === 0 ? app : settled({ ...app, gate: { ...app.gate, checks } }, "health.checks", "plugin")
    return { ...settleFilters(checked, volumes ?? {}, "plugin"), extension: extensionOf(plugin, told) }
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
  const secrets = confidentialInSettings(settings?.values)
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
      catch: (thrown) => brokenBy(plugin, `its settings schema threw: ${reasonOf(thrown, secrets)}`)
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
          const said = reasonOf(message, secrets)
          return at === "" ? said : `\`${at}\`: ${said}`
        })
      )
    }
  )
}

const checksOf = (app: PluginApp<unknown>, plugin: LoadedPlugin): Result.Result<ReadonlyArray<Check>, PluginBroken> => {
  const { health } = plugin.shape
  if (health === undefined) return Result.succeed([])
  const secrets = confidentialInSettings(app.settings)
  return Result.try({
    try: () => health(app),
    catch: (thrown) => brokenBy(plugin, `its health function threw for ${app.name}: ${reasonOf(thrown, secrets)}`)
  }).pipe(
    Result.flatMap((returned) =>
      Result.mapError(decodeChecks(returned, parseOptions), ({ issue }) => {
        const problems = explain(issue).map(({ text }) => text)
        return brokenBy(plugin, `its health function returned no checks for ${app.name}: ${problems.join("; ")}`)
      })
    ),
    Result.map((checks) => toPluginChecks(checks, app.domain))
  )
}
