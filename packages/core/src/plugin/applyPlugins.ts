/**
 * What an app's plugin adds to the app as configured. Pure, apart from calling the plugin's own functions; what these
 * throw or return wrongly, or that they do not end, disables the apps of that plugin, never others.
 *
 * - Health: `health.checks` of the configuration replace the plugin's. Deadline, stable time and interval are the
 *   configuration's alone.
 * - Volumes: what the configuration says of a volume, `include` or `exclude`, replaces what the plugin says of it.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { AppSettings, Config } from "../config/Config.ts"
import { settled, settleFilters } from "../config/settle.ts"
import type { ConfiguredApp, PluggedApp } from "../domain/App.ts"
import { confidentialInSettings } from "../secrets/confidential.ts"
import { explain, parseOptions, showPath } from "../yaml/explain.ts"
import { codeFault } from "./codeFault.ts"
import type { PluginApp } from "./definePlugin.ts"
import { extensionOf } from "./extensionOf.ts"
import type { LoadedPlugin } from "./LoadedPlugin.ts"
import type { Plugins } from "./loadPlugins.ts"
import { decodeChecks, toPluginChecks } from "./PluginCheckFile.ts"
import { PluginBroken, SettingsInvalid } from "./PluginError.ts"
import { reasonOf } from "./reasonOf.ts"

export interface Plugged {
  /** The apps that can be worked on, in the order of the configuration. */
  readonly apps: ReadonlyArray<PluggedApp>
  /** By app name: why an app cannot. */
  readonly disabled: ReadonlyMap<string, PluginBroken | SettingsInvalid>
}

/** What no plugin serves, or is asked about the configuration alone. */
export const withoutPlugin = (app: ConfiguredApp): PluggedApp => ({ ...app, stage: "plugged", extension: null })

export const applyPlugins = Effect.fn("Plugins.apply")(function* (
  config: Pick<Config, "apps" | "settings">,
  plugins: Plugins
) {
  const apply = (app: ConfiguredApp) =>
    Effect.fromResult(plugins.of(app)).pipe(
      Effect.flatMap((plugin) => applyPlugin(app, config.settings.get(app.name), plugin)),
      Effect.result
    )
  // One that keeps its own apps waiting keeps no others waiting.
  const byPlugin = Map.groupBy(config.apps, (app) => Result.getOrNull(plugins.of(app)))
  const groups = yield* Effect.forEach(
    byPlugin.values(),
    (apps) => Effect.forEach(apps, (app) => Effect.map(apply(app), (plugged) => [app.name, plugged] as const)),
    { concurrency: "unbounded" }
  )
  const plugged = new Map(groups.flat())
  const apps: Array<PluggedApp> = []
  const disabled = new Map<string, PluginBroken | SettingsInvalid>()
  for (const { name } of config.apps) {
    const result = plugged.get(name)
    if (result === undefined) continue
    if (Result.isSuccess(result)) apps.push(result.success)
    else disabled.set(name, result.failure)
  }
  const all: Plugged = { apps, disabled }
  return all
})

/**
 * @param settings the app's own; undefined: it has none.
 * @param plugin null: no plugin serves the app.
 */
export const applyPlugin = (
  app: ConfiguredApp,
  settings: AppSettings | undefined,
  plugin: LoadedPlugin | null
): Effect.Effect<PluggedApp, PluginBroken | SettingsInvalid> =>
  Effect.gen(function* () {
    const { domain, name, recipeName: recipe, runtime, stack } = app
    const facts = { name, recipe, domain, stack, runtime }
    const decoded = yield* settingsFor(app, { ...facts, settings: settings?.values }, settings, plugin)
    if (plugin === null) return withoutPlugin(app)
    const { volumes } = plugin.shape
    const told = Object.freeze({ ...facts, settings: decoded.settings })
    const checks = app.gate.checks.length > 0 ? [] : yield* checksOf(told, plugin)
    const checked =
      checks.length === 0 ? app : settled({ ...app, gate: { ...app.gate, checks } }, "health.checks", "plugin")
    const extension = extensionOf(plugin, told, decoded.secrets)
    return { ...settleFilters(checked, volumes ?? {}, "plugin"), stage: "plugged", extension }
  })

const brokenBy = (plugin: LoadedPlugin, reason: string): PluginBroken =>
  new PluginBroken({
    plugin: plugin.entry,
    file: plugin.file,
    recipe: plugin.shape.recipe,
    isTrusted: plugin.file === null || codeFault(plugin.file) === null,
    reason,
    next: `correct the plugin${plugin.file === null ? "" : ` ${plugin.file}`}; until then its apps are left as they are`
  })

const settingsFor = Effect.fnUntraced(function* (
  app: ConfiguredApp,
  told: PluginApp<unknown>,
  settings: AppSettings | undefined,
  plugin: LoadedPlugin | null
) {
  const schema = plugin?.shape.settings
  const invalid = (problems: ReadonlyArray<string>) =>
    new SettingsInvalid({ app: app.name, plugin: plugin?.entry ?? null, at: settings?.at ?? app.name, problems })
  if (plugin === null || schema === undefined) {
    if (settings === undefined) return { settings: undefined, secrets: [] }
    return yield* invalid([plugin === null ? "no plugin serves the app" : `the plugin ${plugin.entry} takes none`])
  }
  const answer = yield* Effect.mapError(plugin.code.decode(told, schema), (reason) => brokenBy(plugin, reason))
  if (answer.issues === undefined) return answer
  const secrets = confidentialInSettings(settings?.values)
  return yield* invalid(
    answer.issues.map(({ message, path = [] }) => {
      const at = showPath(path.map((part) => (typeof part === "object" ? part.key : part)))
      const said = reasonOf(message, secrets)
      return at === "" ? said : `\`${at}\`: ${said}`
    })
  )
})

const checksOf = Effect.fnUntraced(function* (app: PluginApp<unknown>, plugin: LoadedPlugin) {
  const { health } = plugin.shape
  if (health === undefined) return []
  const returned = yield* Effect.mapError(plugin.code.checks(app, health), (reason) => brokenBy(plugin, reason))
  const checks = yield* Effect.mapError(Effect.fromResult(decodeChecks(returned, parseOptions)), ({ issue }) => {
    const problems = explain(issue).map(({ text }) => text)
    return brokenBy(plugin, `its health function returned no checks for ${app.name}: ${problems.join("; ")}`)
  })
  return toPluginChecks(checks, app.domain)
})
