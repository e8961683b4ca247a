/**
 * Reads the labels of a release and applies them to an app. Pure. An invalid label is reported and skipped; the caller
 * decides whether it refuses the attempt (an upgrade, but never a rollback).
 */
import * as Result from "effect/Result"
import type { SettingsFile } from "../config/SettingsFile.ts"
import { settle } from "../config/settle.ts"
import type { App, Settings } from "../domain/App.ts"
import type { DeclaredService } from "../runtime/Runtime.ts"
import { type LabelProblem, type LabelSetting, own, prefix, readLabel } from "./Label.ts"

/**
 * The version whose labels give a setting. `running`: settings of the running app (policy, schedule, filters). `target`:
 * settings of a deploy (deadlines, health gate).
 */
export type Part = "running" | "target"

const targetSections: ReadonlySet<string> = new Set(["health", "deadlines"])
const partOf = (key: string): Part => (targetSections.has(key.split(".")[0] ?? "") ? "target" : "running")

export interface ReadLabels {
  readonly settings: ReadonlyArray<LabelSetting>
  readonly problems: ReadonlyArray<LabelProblem>
}

/** Several services may each have checks. Their other labels must agree. */
const isList = (key: string): boolean => key === "health.checks"

export const readLabels = (services: ReadonlyArray<DeclaredService>): ReadLabels => {
  const settings: Array<LabelSetting> = []
  const problems: Array<LabelProblem> = []
  const first = new Map<string, { readonly service: string; readonly value: string }>()
  for (const { labels, name: service } of services) {
    for (const [label, value] of Object.entries(labels)) {
      if (!label.startsWith(prefix) || own.has(label)) continue
      const read = readLabel(service, label, value)
      if (Result.isFailure(read)) {
        problems.push(read.failure)
        continue
      }
      const other = first.get(label)
      if (other === undefined) first.set(label, { service, value })
      if (other === undefined || isList(read.success.key)) settings.push(read.success)
      else if (other.value !== value) {
        const text = `the service ${other.service} has another value; keep one of them`
        problems.push({ service, label, key: read.success.key, text })
      }
    }
  }
  return { settings, problems }
}

/** `coop-cloud.<stack>.timeout`: the recipe's own time limit of a deploy, in seconds; null: none, or not a number. */
export const coopCloudTimeout = (stack: string, services: ReadonlyArray<DeclaredService>): number | null => {
  const values = services.flatMap(({ labels }) => labels[`coop-cloud.${stack}.timeout`] ?? [])
  const [value = ""] = values
  return /^[1-9]\d{0,6}$/.test(value) ? Number(value) * 1000 : null
}

const merged = (settings: ReadonlyArray<LabelSetting>): SettingsFile => {
  const checks = settings.flatMap(({ said }) => said.health?.checks ?? [])
  const said = settings.map((setting) => setting.said)
  const health = Object.assign({}, ...said.map((one) => one.health ?? {}), checks.length === 0 ? {} : { checks })
  const globs = (filter: "include" | "exclude") =>
    Object.fromEntries(said.flatMap((one) => Object.entries(one.snapshot?.[filter] ?? {})))
  const snapshot = Object.assign({}, ...said.map((one) => one.snapshot ?? {}), {
    include: globs("include"),
    exclude: globs("exclude")
  })
  const deadlines = Object.assign({}, ...said.map((one) => one.deadlines ?? {}))
  return { ...Object.assign({}, ...said), health, snapshot, deadlines }
}

/** A health gate that can never pass: the times of the labels do not fit the other settings. */
const impossible = ({ gate }: Settings): boolean => gate.stableForMs >= gate.deadlineMs

const times = new Set(["health.deadline", "health.stableFor"])

/** A deploy that waits for HEALTHCHECKs also needs the recipe's own time limit. */
const withTimeout = <A extends App & Settings>(app: A, timeoutMs: number | null): A => {
  if (timeoutMs === null) return app
  const deadlines = timeoutMs > app.deadlines.deployMs ? { deploy: timeoutMs } : {}
  const longer = settle(
    app,
    { deadlines, ...(timeoutMs > app.gate.stableForMs ? { health: { deadline: timeoutMs } } : {}) },
    "label"
  )
  return impossible(longer) ? app : longer
}

/** An app without checks uses the HEALTHCHECKs of its containers: weak evidence, but better than none. */
const withHealthchecks = <A extends App & Settings>(app: A, services: ReadonlyArray<DeclaredService>): A => {
  const checked = services.filter(({ healthcheck }) => healthcheck !== null)
  if (checked.length === 0 || app.gate.checks.length > 0) return app
  const checks = checked.map(({ name }) => ({ container: name, timeout: 5000 }))
  return settle(app, { health: { checks } }, "healthcheck")
}

export interface Applied<A> {
  readonly app: A
  /** Problems of labels, without those of labels that the configuration or the plugin overrides. */
  readonly problems: ReadonlyArray<LabelProblem>
}

/** Merges the labels of a release's services under the settings of configuration and plugin. */
export const applyLabels = <A extends App & Settings>(
  app: A,
  services: ReadonlyArray<DeclaredService>,
  parts: ReadonlyArray<Part> = ["running", "target"]
): Applied<A> => {
  const { problems, settings } = readLabels(services)
  const asked = (key: string) => parts.includes(partOf(key))
  const open = problems.filter(({ key }) => key === null || (asked(key) && !app.settledBy.has(key)))
  const wanted = settings.filter(({ key }) => asked(key))
  const whole = settle(app, merged(wanted), "label")
  const bad = impossible(whole) && !impossible(app)
  const timed = bad ? settle(app, merged(wanted.filter(({ key }) => !times.has(key))), "label") : whole
  const wrong = bad ? wanted.filter(({ key }) => times.has(key) && !app.settledBy.has(key)) : []
  const late = wrong.map(({ key, label, service }) => ({
    ...{ key, label, service },
    text: `stableFor (${whole.gate.stableForMs / 1000} s) must be shorter than deadline (${whole.gate.deadlineMs / 1000} s), or the health gate can never pass`
  }))
  const applied = parts.includes("target")
    ? withHealthchecks(withTimeout(timed, coopCloudTimeout(app.stack, services)), services)
    : timed
  return { app: applied, problems: [...open, ...late] }
}
