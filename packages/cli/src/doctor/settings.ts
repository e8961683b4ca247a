/** What holds for an app, and who said so. Pure. */

import type { EffectiveApp, SettledBy } from "@lastgood/core/domain/App"
import { advisedKinds, asksApp } from "@lastgood/core/domain/Check"
import { deployDeadlineMs, oneDeadlineMs } from "@lastgood/core/domain/deadline"
import { traitsOf } from "@lastgood/core/domain/RuntimeKind"
import { filterOf, filterText, keepsAll, strayFilters, volumeSetting } from "@lastgood/core/domain/volumeFilter"
import type { DeclaredService, HealthcheckTiming } from "@lastgood/core/runtime/Runtime"
import { type Finding, ok, warn } from "./Finding.ts"

const sayers: Readonly<Record<SettledBy, string>> = {
  config: "configuration",
  plugin: "plugin",
  label: "label",
  healthcheck: "HEALTHCHECK"
}

const by = (app: EffectiveApp, key: string): string => {
  const said = app.settledBy.get(key)
  return said === undefined ? "default" : sayers[said]
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000]
] as const

const spoken = (ms: number): string => {
  const [unit, size] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ["ms", 1]
  return ms === 0 ? "0s" : `${ms / size}${unit}`
}

export const settingsFindings = (app: EffectiveApp): ReadonlyArray<Finding> => {
  const { gate, snapshot } = app
  const when = app.schedule ?? `every ${spoken(app.intervalMs)}`
  const said: ReadonlyArray<readonly [string, string, string]> = [
    ["policy", app.policy, "policy"],
    ["minimum age", spoken(app.minimumAgeMs), "minimumAge"],
    ["release notes", app.releaseNotes, "releaseNotes"],
    ["when", when, "schedule"],
    ["stable for", spoken(gate.stableForMs), "health.stableFor"],
    ["watched", app.watchMs === null ? "off" : `every ${spoken(app.watchMs)}`, "health.watch"],
    ["snapshots kept", String(snapshot.keep), "snapshot.keep"]
  ]
  const seen = said.map(([name, value, key]) => `${name} ${value} (${by(app, key)})`).join(", ")
  return [ok({ app: app.name, what: "settings" }, seen)]
}

/** After which time a HEALTHCHECK that never passes says so. */
const longestMs = ({ intervalMs, retries, startPeriodMs, timeoutMs }: HealthcheckTiming): number =>
  startPeriodMs + retries * (intervalMs + timeoutMs)

const timingText = ({ intervalMs, retries, startPeriodMs, timeoutMs }: HealthcheckTiming): string =>
  `start period ${spoken(startPeriodMs)}, every ${spoken(intervalMs)}, timeout ${spoken(timeoutMs)}, ${retries} retries`

/**
 * Every deadline that an upgrade of the app keeps to, and who said it.
 *
 * @param services of the version whose HEALTHCHECKs these are.
 */
export const deadlineFindings = (
  app: EffectiveApp,
  services: ReadonlyArray<DeclaredService>
): ReadonlyArray<Finding> => {
  const { deadlines } = app
  const one = oneDeadlineMs(app)
  const isOfDeploy = one !== app.gate.deadlineMs
  const said: ReadonlyArray<readonly [string, number, string]> = [
    ["prefetch", deadlines.prefetchMs, "deadlines.prefetch"],
    ["undeploy", deadlines.undeployMs, "deadlines.undeploy"],
    ["all services run", deployDeadlineMs(app), deadlines.deployMs < one ? "deadlines.deploy" : "health.deadline"],
    ["deploy and health gate together", one, isOfDeploy ? "deadlines.deploy" : "health.deadline"],
    ["nothing happens", deadlines.stallMs, "deadlines.stall"]
  ]
  const seen = said.map(([name, ms, key]) => `${name} ${spoken(ms)} (${key}, ${by(app, key)})`).join(", ")
  const checked = services.flatMap(({ healthcheck, name, timing }) =>
    healthcheck === null || timing === undefined ? [] : [{ name, timing, of: healthcheck }]
  )
  return [
    ok({ app: app.name, what: "deadlines" }, seen),
    ...checked.map(({ name, of, timing }) => {
      const about = { app: app.name, what: `HEALTHCHECK of ${name}` }
      const text = `${timingText(timing)} (${of === "compose" ? "compose file" : "image"})`
      return longestMs(timing) > one
        ? warn(
            about,
            `${text}: it may take ${spoken(longestMs(timing))} to say that it fails, longer than the deadline of ${spoken(one)}`,
            "raise health.deadline where the app starts slowly, or shorten the HEALTHCHECK's interval"
          )
        : ok(about, text)
    })
  ]
}

/** How strong the health gate is: what asks the app itself, and who said that it is to be asked. */
export const gateFinding = (app: EffectiveApp): Finding => {
  const about = { app: app.name, what: "health gate" }
  const { checks } = app.gate
  if (checks.some(asksApp)) {
    const names = checks.map(({ name }) => name).join(", ")
    return ok(about, `${names} (${by(app, "health.checks")})`)
  }
  const only =
    checks.length === 0
      ? "only that its services run"
      : `only ${checks.map(({ name }) => name).join(", ")}, its own HEALTHCHECK`
  const inRecipe = traitsOf(app).hasLabels ? ", or the label lastgood.health.http to the recipe" : ""
  return warn(
    about,
    `weak: nothing asks the app itself, ${only}`,
    `add an ${advisedKinds} check under health.checks${inRecipe}`
  )
}

/** Filters for volumes that the app does not have. */
export const strayFindings = (
  app: EffectiveApp,
  volumes: ReadonlyArray<{ readonly key: string }>
): ReadonlyArray<Finding> =>
  strayFilters(app, volumes).map((seen) =>
    warn({ app: app.name, what: "filter" }, seen, "correct the volume's name, or remove the filter")
  )

/** Which paths of a volume are left out of the snapshot, and who said so; empty: none. */
export const leftOut = (app: EffectiveApp, volume: string): string => {
  const filter = filterOf(app, volume)
  return keepsAll(filter) ? "" : ` (${filterText(filter)}, ${by(app, volumeSetting(volume))})`
}
