/**
 * Adds a plugin's contributions to the configured app. Pure, apart from calls of the plugin's functions. A function that
 * throws, returns a wrong value or does not end disables the apps of that plugin only.
 *
 * - Health: `health.checks` of the configuration replace the plugin's checks. Deadline, stable time and interval come from
 *   the configuration alone.
 * - Volumes: the configuration's `include` or `exclude` of a volume replaces the plugin's filter of that volume.
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
  /** The usable apps, in the order of the configuration. */
  readonly apps: ReadonlyArray<PluggedApp>
  /** Why the other apps are unusable, by app name. */
  readonly disabled: ReadonlyMap<string, PluginBroken | SettingsInvalid>
}

/** An app without a plugin, or for questions about the configuration alone. */
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
  // A slow plugin delays its own apps only.
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
 * @param settings the app's `settings:`; undefined: none.
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
    next: `correct the plugin${plugin.file === null ? "" : ` ${plugin.file}`}; until then lastgood does not work on its apps`
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
    return yield* invalid([plugin === null ? "no plugin serves the app" : `the plugin ${plugin.entry} has no settings`])
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
