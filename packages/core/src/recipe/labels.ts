/**
 * Everything that the labels of a release say, and what of it holds for an app. Pure. A label that is no good is named and
 * passed over: whether that refuses something is for the caller to say (an upgrade is, a way back never is).
 */
import * as Result from "effect/Result"
import type { SettingsFile } from "../config/SettingsFile.ts"
import { settle } from "../config/settle.ts"
import type { App, Settings } from "../domain/App.ts"
import type { DeclaredService } from "../runtime/Runtime.ts"
import { type LabelProblem, type LabelSetting, own, prefix, readLabel } from "./Label.ts"

/**
 * Which version's labels are asked: what is about the app as it runs (how far and when it is upgraded, what of its data
 * is kept) is said by the version that runs; what is about bringing one up, by the version that is brought up.
 */
export type Part = "running" | "target"

const targetSections: ReadonlySet<string> = new Set(["health", "deadlines"])
const partOf = (key: string): Part => (targetSections.has(key.split(".")[0] ?? "") ? "target" : "running")

export interface ReadLabels {
  readonly settings: ReadonlyArray<LabelSetting>
  readonly problems: ReadonlyArray<LabelProblem>
}

/** Several services may each have checks; what else they say must be the same. */
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
        const text = `the service ${other.service} says something else; keep one of them`
        problems.push({ service, label, key: read.success.key, text })
      }
    }
  }
  return { settings, problems }
}

/** `coop-cloud.<stack>.timeout`: how long the recipe gives itself to come up, in seconds; null: nothing that is a time. */
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

/** An app that could never be found healthy: the times of the labels do not go together with what holds else. */
const impossible = ({ gate }: Settings): boolean => gate.stableForMs >= gate.deadlineMs

const times = new Set(["health.deadline", "health.stableFor"])

/** A deploy that waits for HEALTHCHECKs needs the time that the recipe gives itself as well. */
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

/** Where nobody says what healthy means, the containers' own HEALTHCHECKs do. Weak evidence, and better than none. */
const withHealthchecks = <A extends App & Settings>(app: A, services: ReadonlyArray<DeclaredService>): A => {
  const checked = services.filter(({ healthcheck }) => healthcheck !== null)
  if (checked.length === 0 || app.gate.checks.length > 0) return app
  const checks = checked.map(({ name }) => ({ container: name, timeout: 5000 }))
  return settle(app, { health: { checks } }, "healthcheck")
}

export interface Applied<A> {
  readonly app: A
  /** What is wrong with labels, those left out that the configuration or the plugin stands in for. */
  readonly problems: ReadonlyArray<LabelProblem>
}

/** What a release's services declare, below what is settled already. */
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
    text: `stableFor (${whole.gate.stableForMs / 1000} s) is not shorter than deadline (${whole.gate.deadlineMs / 1000} s): the app could never be found healthy`
  }))
  const applied = parts.includes("target")
    ? withHealthchecks(withTimeout(timed, coopCloudTimeout(app.stack, services)), services)
    : timed
  return { app: applied, problems: [...open, ...late] }
}
