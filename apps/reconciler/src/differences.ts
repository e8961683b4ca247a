/** What changed between two readings of the configuration, in words. Pure. */
import type { PluggedApp } from "@lastgood/core/domain/App"

/** As the configuration calls them. What is missing follows from another one. */
const words: Readonly<Record<string, string>> = {
  recipe: "recipe",
  runtime: "runtime",
  domain: "domain",
  stack: "stack",
  envFile: "env",
  volumes: "volumes",
  policy: "policy",
  minimumAgeMs: "minimumAge",
  releaseNotes: "releaseNotes",
  schedule: "schedule",
  intervalMs: "interval",
  gate: "health",
  watchMs: "health.watch",
  snapshot: "snapshot",
  deadlines: "deadlines"
}

const fieldsOf = (app: PluggedApp): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(app).flatMap(([key, value]) => (Object.hasOwn(words, key) ? [[key, JSON.stringify(value)]] : []))
  )

const changedKeys = (before: PluggedApp, after: PluggedApp): ReadonlyArray<string> => {
  const old = fieldsOf(before)
  return [...fieldsOf(after)].filter(([key, value]) => old.get(key) !== value).map(([key]) => words[key] ?? key)
}

const pluginOf = (app: PluggedApp): string => app.extension?.plugin ?? ""

/** What files an app depends on, beyond the configuration itself. */
export interface Files {
  /** By app name, the plugin's. */
  readonly plugins: ReadonlyMap<string, string>
  /** Those that changed: code shows in nothing else. */
  readonly changed: ReadonlyArray<string>
  /** Apps of the configuration that are not worked on, since somebody else could have changed them; and those before. */
  readonly alone: ReadonlyArray<string>
  readonly wasAlone: ReadonlyArray<string>
}

export interface Differences {
  /** Those of the new reading; where an app is as it was, the value that was there. */
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
          ? `${app.name}: can be worked on again (policy ${app.policy}); lastgood watches it`
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
    if (keys.length === 0) return was
    const policy = was.policy === app.policy ? "" : `; policy ${was.policy} → ${app.policy}`
    lines.push(`${app.name}: configuration changed: ${keys.join(", ")}${policy}`)
    return app
  })
  for (const name of old.keys()) {
    const why = alone.includes(name) ? "left alone" : "removed from the configuration"
    lines.push(`${name}: ${why}; lastgood does not watch it any more`)
  }
  return { apps, lines }
}
