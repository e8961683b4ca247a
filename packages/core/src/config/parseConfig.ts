/** Decodes the text of a configuration file to a `Config`, or to all of its problems at once. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { App } from "../domain/App.ts"
import { type Address, readAddress } from "../notify/addresses.ts"
import { explain, type Finding, parseOptions } from "../yaml/explain.ts"
import { type Located, parseSource, type Source } from "../yaml/Source.ts"
import type { AppSettings, Config } from "./Config.ts"
import { type ConfigFault, ConfigInvalid } from "./ConfigError.ts"
import { ConfigFile } from "./ConfigFile.ts"
import { defaultBreaker } from "./defaults.ts"
import { toHttpSettings } from "./HttpFile.ts"
import { absolute, type ConfigPlace } from "./place.ts"
import { resolveApp, sharedStacks, wrongOrder } from "./resolveApps.ts"

/** A configuration, and a function that locates further problems by line and column. */
export interface ParsedConfig {
  readonly config: Config
  readonly invalid: (findings: ReadonlyArray<Finding>) => ConfigInvalid
}

const decode = Schema.decodeUnknownResult(ConfigFile)

/**
 * @param rootOf the root, from the file's `root:` (absolute; null: not set).
 */
export const parseConfig = (
  text: string,
  place: ConfigPlace,
  rootOf: (configured: string | null) => string
): Result.Result<ParsedConfig, ConfigInvalid> => {
  const source = parseSource(text)
  if (Result.isFailure(source)) return Result.fail(invalidAt(place, source.failure.map(ofFile)))
  const { problems, value } = source.success
  const invalid = (findings: ReadonlyArray<Finding>) =>
    invalidAt(place, [...problems.map(ofFile), ...findings.map((finding) => locate(source.success, finding))])

  const decoded = decode(value, parseOptions)
  if (Result.isFailure(decoded)) return Result.fail(invalid(explain(decoded.failure.issue)))
  const file = decoded.success
  const root = rootOf(file.root === undefined ? null : absolute(place, file.root))
  const apps = Object.entries(file.apps).map(([name, app]) => resolveApp(name, app, root, place))
  const findings = [...sharedStacks(apps), ...wrongOrder(apps)]
  if (findings.length + problems.length > 0) return Result.fail(invalid(findings))
  const config: Config = {
    file: place.file,
    root,
    plugins: file.plugins ?? [],
    apps,
    namedPlugins: new Map(
      Object.entries(file.apps).flatMap(([name, { plugin }]) => (plugin === undefined ? [] : [[name, plugin] as const]))
    ),
    settings: settingsOf(file, place, source.success),
    unreadableEnv: new Map(),
    strangeFolders: new Map(),
    http: toHttpSettings(file.http),
    breaker: file.breaker === undefined ? defaultBreaker : file.breaker === "off" ? null : file.breaker,
    ...notifyOf(file, place),
    digest: file.digest ?? null,
    ping: file.ping ?? null
  }
  return Result.succeed({ config, invalid })
}

/** The schema has refused what `readAddress` cannot read. */
const notifyOf = ({ notify = [] }: ConfigFile, place: ConfigPlace): Pick<Config, "notify" | "notifyFiles"> => ({
  notify: notify.flatMap((entry) =>
    typeof entry === "string" ? Result.getOrElse(readAddress(entry), (): ReadonlyArray<Address> => []) : []
  ),
  notifyFiles: notify.flatMap((entry, index) =>
    typeof entry === "string" ? [] : [{ path: absolute(place, entry.file), index }]
  )
})

const settingsOf = (file: ConfigFile, place: ConfigPlace, source: Source): ReadonlyMap<App["name"], AppSettings> =>
  new Map(
    Object.entries(file.apps).flatMap(([name, { settings }]) => {
      if (settings === undefined) return []
      const { line, column } = source.locate(["apps", name, "settings"], "key")
      return [[name, { values: settings, at: `${place.file}:${line}:${column}` }] as const]
    })
  )

const ofFile = ({ line, column, text }: Located): ConfigFault => ({ line, column, text, app: null })

const locate = (source: Source, { path, at, text }: Finding): ConfigFault => {
  const [top, app] = path
  return {
    ...source.locate(path, at),
    app: top === "apps" && app !== undefined ? String(app) : null,
    text
  }
}

const invalidAt = (place: ConfigPlace, problems: ReadonlyArray<ConfigFault>): ConfigInvalid =>
  new ConfigInvalid({
    file: place.file,
    problems: [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
  })
