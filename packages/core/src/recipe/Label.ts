/** One label of lastgood's as a setting: decoded by the schema that the configuration has. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { SettingsFile } from "../config/SettingsFile.ts"
import { settingKeys } from "../config/settle.ts"
import { volumeSetting } from "../domain/volumeFilter.ts"
import { explain, parseOptions } from "../yaml/explain.ts"
import { nearest } from "../yaml/nearest.ts"
import { parseSource } from "../yaml/Source.ts"

export const prefix = "lastgood."

/** Labels that lastgood itself writes on what it deploys. */
export const own: ReadonlySet<string> = new Set(["lastgood.version", "lastgood.commit"])

/** A check in one label; `lastgood.health.checks` takes a list, with all that a check can have. */
const checkKinds = ["http", "tcp", "exec", "container"] as const
const shorthands = checkKinds.map((kind) => `health.${kind}`)
/** `interval` is a way to say `schedule`. */
const plainNames = [...settingKeys, "interval", ...shorthands]
const names = [...plainNames, "snapshot.include.<volume>", "snapshot.exclude.<volume>"]

export interface LabelSetting {
  readonly service: string
  readonly label: string
  /** As in `App.settledBy`. */
  readonly key: string
  readonly said: SettingsFile
}

export interface LabelProblem {
  readonly service: string
  readonly label: string
  /** The setting that it was meant for; null: none is known. */
  readonly key: string | null
  readonly text: string
}

const decode = Schema.decodeUnknownResult(SettingsFile)

const volumeOf = (name: string) => /^snapshot\.(include|exclude)\.(.+)$/s.exec(name)

/** The setting's path in `settledBy`; null: there is no such label. */
const keyOf = (name: string): string | null => {
  const volume = volumeOf(name)?.[2]
  if (volume !== undefined) return volumeSetting(volume)
  if (name === "interval") return "schedule"
  if (shorthands.includes(name)) return "health.checks"
  return settingKeys.has(name) ? name : null
}

const yaml = (text: string): unknown => {
  const parsed = parseSource(text)
  return Result.isSuccess(parsed) ? parsed.success.value : text
}

/** A list as YAML or JSON, or globs with commas between them: a bare `**` would be no YAML. */
const globsOf = (text: string): unknown =>
  /^\s*\[/.test(text) ? yaml(text) : text.split(",").map((glob) => glob.trim())

/** A command without a service runs in the container of the service that has the label. */
const inService = (check: unknown, service: string): unknown =>
  typeof check === "object" && check !== null && "exec" in check && !("service" in check)
    ? { ...check, service }
    : check

/** What the configuration would say in its place. */
const asWritten = (name: string, value: string, service: string): unknown => {
  const [, filter, volume] = volumeOf(name) ?? []
  if (filter !== undefined && volume !== undefined) {
    return { snapshot: { [filter]: Object.fromEntries([[volume, globsOf(value)]]) } }
  }
  if (name === "health.checks") {
    const checks = yaml(value)
    return { health: { checks: Array.isArray(checks) ? checks.map((check) => inService(check, service)) : checks } }
  }
  if (name === "health.container") return { health: { checks: [{ container: value === "true" ? service : value }] } }
  if (shorthands.includes(name)) {
    return { health: { checks: [inService({ [name.slice("health.".length)]: value }, service)] } }
  }
  const [section = "", key] = name.split(".")
  const plain = name === "snapshot.keep" ? yaml(value) : value
  return key === undefined ? { [section]: plain } : { [section]: { [key]: plain } }
}

/** Values of lists are named by their place; of anything else the label says where it is. */
const words = (text: string): string => text.replace(/^`(?![^`]*\[)[^`]*`: /, "")

export const readLabel = (service: string, label: string, value: string): Result.Result<LabelSetting, LabelProblem> => {
  const name = label.slice(prefix.length)
  const key = keyOf(name)
  if (key === null) {
    const meant = nearest(name, plainNames)
    const hint = meant === null ? `there are: ${names.join(", ")}` : `did you mean \`${prefix}${meant}\`?`
    return Result.fail({ service, label, key, text: `lastgood has no such label; ${hint}` })
  }
  return Result.mapBoth(decode(asWritten(name, value, service), parseOptions), {
    onSuccess: (said) => ({ service, label, key, said }),
    onFailure: ({ issue }) => ({
      service,
      label,
      key,
      text: explain(issue)
        .map(({ text }) => words(text))
        .join("; ")
    })
  })
}
