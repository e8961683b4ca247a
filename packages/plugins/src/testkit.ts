/** For tests of plugins: applies a plugin as lastgood does, without a configuration, an app or a server. */
import type { ConfiguredApp, PluggedApp } from "@lastgood/core/domain/App"
import { applyPlugin } from "@lastgood/core/plugin/applyPlugins"
import type { Plugin } from "@lastgood/core/plugin/definePlugin"
import { toLoadedPlugin } from "@lastgood/core/plugin/LoadedPlugin"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const minute = 60_000

/** An app of the recipe at `<recipe>.example.org` on swarm, with the default settings. */
export const exampleApp = (recipe: string): ConfiguredApp => ({
  name: recipe,
  recipe: `/recipes/${recipe}`,
  versions: { kind: "tags" },
  recipeName: recipe,
  runtime: "swarm",
  domain: `${recipe}.example.org`,
  stack: `${recipe}_example_org`,
  envFile: null,
  volumes: [],
  folder: null,
  data: new Map(),
  policy: "minor",
  minimumAgeMs: 0,
  releaseNotes: "hold",
  settledBy: new Map(),
  schedule: null,
  windows: [],
  after: [],
  intervalMs: 15 * minute,
  gate: { deadlineMs: 5 * minute, stableForMs: 10_000, intervalMs: 2000, checks: [] },
  snapshot: { keep: 3, filters: {}, asideMs: 7 * 24 * 60 * minute },
  watchMs: minute,
  deadlines: { prefetchMs: 30 * minute, undeployMs: 2 * minute, deployMs: 10 * minute, stallMs: 15 * minute },
  dir: `/var/lib/lastgood/${recipe}`,
  stage: "configured"
})

export interface Tried {
  /** The app with the plugin's checks and filters; null: the plugin or the settings are refused. */
  readonly app: PluggedApp | null
  /** Why they are refused; null: they are not. */
  readonly refused: string | null
}

/**
 * Loads and applies a plugin as lastgood does.
 * @param over fields that differ from `exampleApp`, such as the domain.
 * @param settings the app's `settings:`; undefined: none.
 */
export const tryPlugin = <Settings>(
  plugin: Plugin<Settings>,
  over: Partial<ConfiguredApp> = {},
  settings?: Readonly<Record<string, unknown>>
): Tried => {
  const loaded = toLoadedPlugin(plugin.recipe, null, plugin)
  if (Result.isFailure(loaded)) return { app: null, refused: loaded.failure }
  const app = { ...exampleApp(plugin.recipe), ...over }
  const own = settings === undefined ? undefined : { values: settings, at: "lastgood.yaml:1:1" }
  return Result.match(Effect.runSync(Effect.result(applyPlugin(app, own, loaded.success))), {
    onSuccess: (plugged): Tried => ({ app: plugged, refused: null }),
    onFailure: (error): Tried => ({ app: null, refused: error.message })
  })
}
