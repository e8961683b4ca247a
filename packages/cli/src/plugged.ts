/** The apps with their plugins. An app with a broken plugin is not used, because it would have fewer health checks. */
import type { Config } from "@lastgood/core/config/Config"
import type { Untrusted } from "@lastgood/core/config/Untrusted"
import type { ConfiguredApp, PluggedApp } from "@lastgood/core/domain/App"
import type { Host } from "@lastgood/core/engine/Observer"
import { applyPlugins, withoutPlugin } from "@lastgood/core/plugin/applyPlugins"
import { loadPlugins } from "@lastgood/core/plugin/loadPlugins"
import type { PluginBroken, SettingsInvalid } from "@lastgood/core/plugin/PluginError"
import { builtIns } from "@lastgood/plugins/builtIns"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { appNamed, configuredApps } from "./session.ts"

export interface LoadedApp {
  readonly name: string
  /** The file of its plugin; null: it has none, or a built-in one. */
  readonly file: string | null
  /** The app, or why it is unusable. */
  readonly app: Result.Result<PluggedApp, Untrusted | PluginBroken | SettingsInvalid>
}

const plugged = Effect.fnUntraced(function* (config: Config, named: ReadonlyArray<ConfiguredApp>) {
  const plugins = yield* loadPlugins(config, builtIns)
  const { apps, disabled } = yield* applyPlugins(config, plugins)
  const byName = new Map(apps.map((app) => [app.name, app]))
  const found = named.map((configured): LoadedApp => {
    const broken = config.strangeFolders.get(configured.name) ?? disabled.get(configured.name)
    return {
      name: configured.name,
      file: Result.match(plugins.of(configured), {
        onSuccess: (one) => one?.file ?? null,
        onFailure: (one) => one.file
      }),
      app:
        broken === undefined
          ? Result.succeed(byName.get(configured.name) ?? withoutPlugin(configured))
          : Result.fail(broken)
    }
  })
  return { apps: found, broken: plugins.broken }
})

/** The named app, or all in the order of the configuration, and all broken plugins. */
export const pluggedFor = Effect.fn("Cli.pluggedFor")(function* (config: Config, name: Option.Option<string>) {
  return yield* plugged(config, yield* configuredApps(config, name))
})

export const pluggedApps = (config: Config, name: Option.Option<string>) =>
  Effect.map(pluggedFor(config, name), ({ apps }) => apps)

/** All apps, and all broken plugins. */
export const everyApp = Effect.fn("Cli.everyApp")((config: Config) => plugged(config, config.apps))

/** All usable apps of the host, for upgrades that depend on other apps. */
export const hostOf = (config: Config, apps: ReadonlyArray<LoadedApp>): Host => ({
  apps: apps.flatMap(({ app }) => (Result.isSuccess(app) ? [app.success] : [])),
  breaker: config.breaker
})

export const pluggedApp = Effect.fn("Cli.pluggedApp")(function* (config: Config, name: string) {
  const [first] = yield* pluggedApps(config, Option.some(name))
  return first === undefined ? withoutPlugin(yield* appNamed(config, name)) : yield* Effect.fromResult(first.app)
})
