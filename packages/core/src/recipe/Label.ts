/** A label of lastgood as a setting, decoded by the schema of the configuration. Pure. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { checkKeys } from "../config/CheckFile.ts"
import { SettingsFile } from "../config/SettingsFile.ts"
import { settingKeys } from "../config/settle.ts"
import type { WrittenKind } from "../domain/Check.ts"
import { volumeSetting } from "../domain/volumeFilter.ts"
import type { Kind } from "../health/Kind.ts"
import { kinds } from "../health/kinds.ts"
import { explain, parseOptions } from "../yaml/explain.ts"
import { nearest } from "../yaml/nearest.ts"
import { parseSource } from "../yaml/Source.ts"

export const prefix = "lastgood."

/** Labels that lastgood itself writes to the services that it deploys. */
export const own: ReadonlySet<string> = new Set(["lastgood.version", "lastgood.commit"])

/** Labels that hold one check each. `lastgood.health.checks` takes a list of complete checks. */
const shorthands = checkKeys.map((kind) => `health.${kind}`)
/** How much of the host's disk an app takes, and how busy that is, is for the operator to say. */
const operators = /^snapshot\.(?:engine|prepare\..*)$/
/** `interval` is an alternative to `schedule`. */
const plainNames = [...[...settingKeys].filter((key) => !operators.test(key)), "interval", ...shorthands]
/** What may follow the prefix. */
export const labelNames = [...plainNames, "snapshot.include.<volume>", "snapshot.exclude.<volume>"]

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
  /** The setting that the label is for; null: unknown. */
  readonly key: string | null
  readonly text: string
}

const decode = Schema.decodeUnknownResult(SettingsFile)

const volumeOf = (name: string) => /^snapshot\.(include|exclude)\.(.+)$/s.exec(name)

/** The setting's path in `settledBy`; null: the label does not exist. */
const keyOf = (name: string): string | null => {
  const volume = volumeOf(name)?.[2]
  if (volume !== undefined) return volumeSetting(volume)
  if (name === "interval") return "schedule"
  if (shorthands.includes(name)) return "health.checks"
  return plainNames.includes(name) ? name : null
}

const yaml = (text: string): unknown => {
  const parsed = parseSource(text)
  return Result.isSuccess(parsed) ? parsed.success.value : text
}

/** A list as YAML or JSON, or globs separated by commas, because a bare `**` is not YAML. */
const globsOf = (text: string): unknown =>
  /^\s*\[/.test(text) ? yaml(text) : text.split(",").map((glob) => glob.trim())

const labelled: ReadonlyArray<readonly [string, Pick<Kind<WrittenKind>, "fromLabel" | "inService">]> =
  Object.entries(kinds)

/** A check in a list. Its service is by default the one that has the label. */
const inService = (check: unknown, service: string): unknown => {
  if (typeof check !== "object" || check === null) return check
  return labelled.reduce<object>(
    (said, [key, { inService }]) => (inService !== undefined && key in said ? inService(said, service) : said),
    check
  )
}

/** The check of a label that holds one check; null: it is another label. */
const shorthand = (name: string, value: string, service: string): unknown => {
  for (const [key, { fromLabel }] of labelled) {
    if (name === `health.${key}`) return inService(fromLabel?.(value, service) ?? { [key]: value }, service)
  }
  return null
}

/** The label as the configuration would write it. */
const asWritten = (name: string, value: string, service: string): unknown => {
  const [, filter, volume] = volumeOf(name) ?? []
  if (filter !== undefined && volume !== undefined) {
    return { snapshot: { [filter]: Object.fromEntries([[volume, globsOf(value)]]) } }
  }
  if (name === "health.checks") {
    const checks = yaml(value)
    return { health: { checks: Array.isArray(checks) ? checks.map((check) => inService(check, service)) : checks } }
  }
  const check = shorthand(name, value, service)
  if (check !== null) return { health: { checks: [check] } }
  const [section = "", key] = name.split(".")
  const plain = name === "snapshot.keep" ? yaml(value) : value
  return key === undefined ? { [section]: plain } : { [section]: { [key]: plain } }
}

/** Problems in lists keep their path; for any other value the label is the path. */
const words = (text: string): string => text.replace(/^`(?![^`]*\[)[^`]*`: /, "")

export const readLabel = (service: string, label: string, value: string): Result.Result<LabelSetting, LabelProblem> => {
  const name = label.slice(prefix.length)
  const key = keyOf(name)
  if (key === null) {
    const meant = nearest(name, plainNames)
    const hint = meant === null ? `there are: ${labelNames.join(", ")}` : `did you mean \`${prefix}${meant}\`?`
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
