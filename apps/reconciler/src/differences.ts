/** The changes between two readings of the configuration, as text. Pure. */
import type { PluggedApp } from "@lastgood/core/domain/App"

/** Fields that follow from another one, or are compared below. */
type Derived = "name" | "stage" | "recipeName" | "dir" | "settledBy" | "extension"

/** Fields of an app by their key in the configuration: all of them, as a change that is not seen has no effect. */
const words: Readonly<Record<Exclude<keyof PluggedApp, Derived>, string>> = {
  recipe: "recipe",
  versions: "versions",
  runtime: "runtime",
  domain: "domain",
  stack: "stack",
  envFile: "env",
  volumes: "volumes",
  folder: "folder",
  data: "data",
  policy: "policy",
  minimumAgeMs: "minimumAge",
  releaseNotes: "releaseNotes",
  schedule: "schedule",
  intervalMs: "interval",
  windows: "window",
  after: "after",
  gate: "health",
  watchMs: "health.watch",
  snapshot: "snapshot",
  deadlines: "deadlines"
}

const textOf = (value: unknown): string => JSON.stringify(value instanceof Map ? [...value] : value)

const changedKeys = (before: PluggedApp, after: PluggedApp): ReadonlyArray<string> => {
  const keys = Object.keys(words) as Array<keyof typeof words>
  return keys.filter((key) => textOf(before[key]) !== textOf(after[key])).map((key) => words[key])
}

/** A setting that now says what was its default is stronger than a label of the recipe. */
const namesOthers = (before: PluggedApp, after: PluggedApp): boolean =>
  textOf(before.settledBy) !== textOf(after.settledBy)

const pluginOf = (app: PluggedApp): string => app.extension?.plugin ?? ""

/** The files that apps depend on, besides the configuration. */
export interface Files {
  /** The file of each app's plugin, by app name. */
  readonly plugins: ReadonlyMap<string, string>
  /** The changed files, because a change of code is visible nowhere else. */
  readonly changed: ReadonlyArray<string>
  /** Apps that are not used because another user could have changed them, now and before. */
  readonly alone: ReadonlyArray<string>
  readonly wasAlone: ReadonlyArray<string>
}

export interface Differences {
  /** The apps of the new reading. An unchanged app is the same value as before. */
  readonly apps: ReadonlyArray<PluggedApp>
  readonly lines: ReadonlyArray<string>
}

export const differences = (
  before: ReadonlyArray<PluggedApp>,
  after: ReadonlyArray<PluggedApp>,
  { alone, changed, plugins, wasAlone }: Files
): Differences => {
  const old = new Map(before.map((app) => [app.name, app]))
  const lines: Array<string> = []
  const apps = after.map((app) => {
    const was = old.get(app.name)
    old.delete(app.name)
    if (was === undefined) {
      lines.push(
        wasAlone.includes(app.name)
          ? `${app.name}: usable again (policy ${app.policy}); lastgood watches it`
          : `${app.name}: added to the configuration (policy ${app.policy}); lastgood watches it`
      )
      return app
    }
    if (was === app) return was
    const keys = [
      ...changedKeys(was, app),
      ...(pluginOf(was) !== pluginOf(app) || changed.includes(plugins.get(app.name) ?? "") ? ["plugin"] : []),
      ...(app.envFile !== null && changed.includes(app.envFile) ? ["the env file's content"] : [])
    ]
    if (keys.length === 0 && namesOthers(was, app)) keys.push("the settings that it names")
    if (keys.length === 0) return was
    const policy = was.policy === app.policy ? "" : `; policy ${was.policy} → ${app.policy}`
    lines.push(`${app.name}: configuration changed: ${keys.join(", ")}${policy}`)
    return app
  })
  for (const name of old.keys()) {
    const why = alone.includes(name) ? "no longer usable" : "removed from the configuration"
    lines.push(`${name}: ${why}; lastgood no longer watches it`)
  }
  return { apps, lines }
}
