/** Explains for each label of a release's services how lastgood uses it, and why. Pure. */
import type { App, Settings, SettledBy } from "../domain/App.ts"
import type { DeclaredService } from "../runtime/Runtime.ts"
import { own, prefix } from "./Label.ts"
import { applyLabels, coopCloudTimeout, readLabels } from "./labels.ts"

export interface Declaration {
  readonly service: string
  readonly label: string
  /** `differs`: its value differs from the one that lastgood uses. */
  readonly verdict: "used" | "overridden" | "ignored" | "differs" | "invalid"
  readonly why: string
}

type Judged = Pick<Declaration, "verdict" | "why">

const ignored = (why: string): Judged => ({ verdict: "ignored", why })

const sayer: Readonly<Record<SettledBy, string>> = {
  config: "the configuration",
  plugin: "its plugin",
  label: "a lastgood label",
  healthcheck: "a HEALTHCHECK"
}
const overriddenBy = (by: SettledBy): Judged => ({ verdict: "overridden", why: `${sayer[by]} sets it` })

const backupbot = (name: string): Judged => {
  if (/\.path$/.test(name)) {
    return ignored("it often names only the dump; a raw copy of a stopped app needs the database itself")
  }
  if (/hook$/.test(name) || name.startsWith("backupbot.restore")) {
    return ignored(
      "the copy is made while the app is stopped: it is consistent without a dump, and a hook could not run"
    )
  }
  const [, volume] = /^backupbot\.backup\.volumes\.([^.]+)$/.exec(name) ?? []
  return ignored(
    volume === undefined
      ? "every volume is in the snapshot, whether it is backed up or not"
      : `${volume} is in the snapshot: a new version may migrate a cache too, and an old version would start on it. To leave paths out: ${prefix}snapshot.exclude.${volume}`
  )
}

const coopCloud = (
  app: App & Settings,
  services: ReadonlyArray<DeclaredService>,
  name: string,
  value: string,
  tag: string
): Judged => {
  if (name === `coop-cloud.${app.stack}.version`) {
    return value === tag
      ? { verdict: "used", why: "it equals the tag" }
      : { verdict: "differs", why: `it says ${value}, but the tag is ${tag}: lastgood uses the tag` }
  }
  if (name !== `coop-cloud.${app.stack}.timeout`) return ignored("lastgood does not use it")
  const configured = app.settledBy.get("health.deadline")
  if (configured !== undefined) return overriddenBy(configured)
  if (readLabels(services).settings.some(({ key }) => key === "health.deadline")) return overriddenBy("label")
  const timeoutMs = coopCloudTimeout(app.stack, services)
  if (timeoutMs === null) return ignored("it is not a number of seconds")
  const { gate } = applyLabels(app, services).app
  return gate.deadlineMs === timeoutMs
    ? { verdict: "used", why: `the deadline of the health gate is ${timeoutMs / 1000} s` }
    : ignored(`it is not longer than health.stableFor (${gate.stableForMs / 1000} s)`)
}

/** Commands and addresses are not shown, because they may hold a password (LAW-12). */
const shown = (key: string, value: string): string =>
  key === "health.checks" ? "a check of the health gate" : `it is ${value.slice(0, 80)}`

/**
 * @param app with the settings of configuration and plugin.
 * @param tag the version that has these labels.
 */
export const declarationsOf = (
  app: App & Settings,
  services: ReadonlyArray<DeclaredService>,
  tag: string
): ReadonlyArray<Declaration> => {
  const { problems } = applyLabels(app, services)
  const { problems: all, settings } = readLabels(services)
  const judged = (service: string, label: string, value: string): Judged => {
    const is = (other: { readonly service: string; readonly label: string }) =>
      other.service === service && other.label === label
    if (label.startsWith("backupbot.")) return backupbot(label)
    if (label.startsWith("coop-cloud.")) return coopCloud(app, services, label, value, tag)
    if (own.has(label)) return ignored("lastgood itself writes it")
    const problem = problems.find(is)
    if (problem !== undefined) return { verdict: "invalid", why: problem.text }
    const setting = settings.find(is)
    const by = app.settledBy.get(setting?.key ?? all.find(is)?.key ?? "")
    if (by !== undefined) return overriddenBy(by)
    return setting === undefined
      ? ignored("another service has the same label")
      : { verdict: "used", why: shown(setting.key, value) }
  }
  return services.flatMap(({ labels, name: service }) =>
    Object.entries(labels).map(([label, value]) => ({ service, label, ...judged(service, label, value) }))
  )
}
