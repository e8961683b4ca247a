/** The effective settings of an app, and their sources. Pure. */

import type { EffectiveApp, SettledBy } from "@lastgood/core/domain/App"
import { advisedKinds, asksApp } from "@lastgood/core/domain/Check"
import { deployDeadlineMs, oneDeadlineMs } from "@lastgood/core/domain/deadline"
import { traitsOf } from "@lastgood/core/domain/RuntimeKind"
import { ageText } from "@lastgood/core/domain/retention"
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

const spoken = (ms: number): string => (ms === 0 ? "0s" : ageText(ms))

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
    ["snapshots kept", String(snapshot.keep), "snapshot.keep"],
    ...(snapshot.keepWithinMs === undefined
      ? []
      : [["snapshots also kept", `for ${ageText(snapshot.keepWithinMs)}`, "snapshot.keepWithin"] as const])
  ]
  const seen = said.map(([name, value, key]) => `${name} ${value} (${by(app, key)})`).join(", ")
  return [ok({ app: app.name, what: "settings" }, seen)]
}

/** How long a failing HEALTHCHECK takes to report unhealthy, in milliseconds. */
const longestMs = ({ intervalMs, retries, startPeriodMs, timeoutMs }: HealthcheckTiming): number =>
  startPeriodMs + retries * (intervalMs + timeoutMs)

const timingText = ({ intervalMs, retries, startPeriodMs, timeoutMs }: HealthcheckTiming): string =>
  `start period ${spoken(startPeriodMs)}, every ${spoken(intervalMs)}, timeout ${spoken(timeoutMs)}, ${retries} retries`

/**
 * Every deadline of an upgrade of the app, and its source.
 *
 * @param services the services of the version to deploy, with their HEALTHCHECKs.
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
            `${text}: it may take ${spoken(longestMs(timing))} to report a failure, longer than the deadline of ${spoken(one)}`,
            "raise health.deadline if the app starts slowly, or shorten the HEALTHCHECK's interval"
          )
        : ok(about, text)
    })
  ]
}

/** The strength of the health gate: the checks that ask the app itself, and their source. */
export const gateFinding = (app: EffectiveApp): Finding => {
  const about = { app: app.name, what: "health gate" }
  const { checks } = app.gate
  if (checks.some(asksApp)) {
    const names = checks.map(({ name }) => name).join(", ")
    return ok(about, `${names} (${by(app, "health.checks")})`)
  }
  const only =
    checks.length === 0
      ? "it only sees that the services run"
      : `it only has ${checks.map(({ name }) => name).join(", ")}, a HEALTHCHECK`
  const inRecipe = traitsOf(app).hasLabels ? ", or the label lastgood.health.http to the recipe" : ""
  return warn(
    about,
    `weak: no check asks the app itself, ${only}`,
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

/** The filter of a volume and its source; empty: none. */
export const leftOut = (app: EffectiveApp, volume: string): string => {
  const filter = filterOf(app, volume)
  return keepsAll(filter) ? "" : ` (${filterText(filter)}, ${by(app, volumeSetting(volume))})`
}
