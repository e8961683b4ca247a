/** What Watchtower's settings and labels mean for an app of lastgood. Pure. */
import * as Result from "effect/Result"
import { parseSchedule } from "../config/schedule.ts"
import {
  labelIn,
  plainWatchtower,
  type Treatment,
  treatmentBy,
  type Watched,
  type Watchtower
} from "../runtime/docker/Watchtower.ts"

/** A service, with the container that it has. */
export interface WatchedService extends Watched {
  readonly service: string
}

/** Settings for an app, and sentences for what has no setting. */
export interface WatchtowerAdvice {
  /** No service is updated by it. */
  readonly isManual: boolean
  /** Services that it does not update, where it updates others. */
  readonly fixed: ReadonlyArray<string>
  readonly schedule: string | null
  /** A duration. */
  readonly interval: string | null
  readonly notes: ReadonlyArray<string>
}

/** The strongest of what several of them do with a container. */
const strongest = (treatments: ReadonlyArray<Treatment>): Treatment =>
  (["updated", "fixed", "monitored"] as const).find((one) => treatments.includes(one)) ?? "unwatched"

const durationOf = (seconds: number): string => {
  const units: ReadonlyArray<readonly [number, string]> = [
    [24 * 60 * 60, "d"],
    [60 * 60, "h"],
    [60, "m"]
  ]
  const [size, unit] = units.find(([each]) => seconds % each === 0) ?? [1, "s"]
  return `${seconds / size}${unit}`
}

const reasons: Readonly<Record<Exclude<Treatment, "updated">, string>> = {
  unwatched: "leaves alone",
  monitored: "only reports new images of",
  fixed: "never pulls an image of"
}

const labelNotes = (service: WatchedService): ReadonlyArray<string> => {
  const has = (label: string) => labelIn(service, label) !== undefined
  const names = Object.keys(service.labels).filter((name) => name.includes(".watchtower.lifecycle."))
  return [
    ...(has("depends-on")
      ? [
          `Watchtower restarts ${service.service} with ${labelIn(service, "depends-on")} (depends-on). Within one project, depends_on in the compose file says that. To upgrade this app after another one, write after: [<app>].`
        ]
      : []),
    ...(names.length > 0
      ? [
          `${service.service} has lifecycle hooks for Watchtower (${names.map((name) => name.replace(/^.*lifecycle\./, "")).join(", ")}). lastgood does not run them: write a plugin with hooks.`
        ]
      : []),
    ...(has("stop-signal")
      ? [`${service.service} has a stop signal for Watchtower. lastgood uses stop_signal of the compose file.`]
      : [])
  ]
}

/** Its schedule, if lastgood can read it. */
const rhythmOf = (tower: Watchtower | undefined) => {
  const nothing = { schedule: null, interval: null, note: [] as ReadonlyArray<string> }
  if (tower === undefined) return nothing
  if (tower.schedule === null) return { ...nothing, interval: durationOf(tower.everySeconds) }
  const [, count, unit] = /^@every (\d+)([hms])$/.exec(tower.schedule) ?? []
  if (Number(count) > 0) return { ...nothing, interval: `${count}${unit}` }
  return Result.isSuccess(parseSchedule(tower.schedule))
    ? { ...nothing, schedule: tower.schedule }
    : {
        ...nothing,
        note: [`Watchtower's schedule ${tower.schedule} cannot be taken over: write schedule or interval.`]
      }
}

/** @param towers all Watchtowers of the host. */
export const adviceFor = (
  towers: ReadonlyArray<Watchtower>,
  services: ReadonlyArray<WatchedService>
): WatchtowerAdvice => {
  const asked = towers.length === 0 ? [plainWatchtower] : towers
  // A stopped container is treated as if it ran: the question is what happens when it runs.
  const treated = services.map((service) => {
    const running = { ...service, isRunning: true }
    return { service, treatment: strongest(asked.map((tower) => treatmentBy(tower, running))) }
  })
  const kept = treated.filter(({ treatment }) => treatment !== "updated")
  const isManual = services.length > 0 && kept.length === services.length
  const tower = towers.find((one) =>
    services.some((service) => treatmentBy(one, { ...service, isRunning: true }) !== "unwatched")
  )
  const { interval, note, schedule } = rhythmOf(tower)
  return {
    isManual,
    fixed: isManual ? [] : kept.map(({ service }) => service.service),
    schedule,
    interval,
    notes: [
      ...(["unwatched", "monitored", "fixed"] as const).flatMap((one) => {
        const names = kept.filter(({ treatment }) => treatment === one).map(({ service }) => service.service)
        return names.length === 0 ? [] : [`Watchtower ${reasons[one]}: ${names.join(", ")}.`]
      }),
      ...services.flatMap(labelNotes),
      ...note
    ]
  }
}

/** Variables that need no word: what lastgood does anyway, or what is about Watchtower's own output. */
const covered =
  /^WATCHTOWER_(?:SCHEDULE|POLL_INTERVAL|LABEL_ENABLE|MONITOR_ONLY|NO_PULL|LABEL_TAKE_PRECEDENCE|SCOPE|DISABLE_CONTAINERS|DEBUG|TRACE|LOG_LEVEL|LOG_FORMAT|NO_STARTUP_MESSAGE|PORCELAIN|WARN_ON_HEAD_FAILURE|NOTIFICATION.*)$/

/** How to say the rest of a Watchtower's settings to lastgood. */
const meanings: Readonly<Record<string, string>> = {
  CLEANUP:
    "not needed: lastgood keeps the images of the versions that it may start again; docker image prune removes the others",
  REMOVE_VOLUMES: "lastgood never removes volumes",
  INCLUDE_STOPPED: "lastgood does not start or upgrade an app that an operator stopped",
  REVIVE_STOPPED: "to start a stopped app, deploy it",
  INCLUDE_RESTARTING: "lastgood does not upgrade an app that is not healthy",
  ROLLING_RESTART: "lastgood stops a whole app, because a snapshot of data in use could not be restored",
  NO_RESTART: "use policy: manual",
  RUN_ONCE: "use reconcile --once",
  TIMEOUT: "use stop_grace_period in the compose file",
  LIFECYCLE_HOOKS: "use the hooks of a plugin",
  HTTP_API_UPDATE: "use the upgrade command, or the HTTP API of the daemon",
  HTTP_API_METRICS: "use /metrics of the daemon",
  HTTP_API_TOKEN: "the daemon makes a token of its own"
}

export const settingNotes = ({ settings }: Watchtower): ReadonlyArray<string> =>
  settings
    .filter((variable) => !covered.test(variable))
    .map(
      (variable) => `${variable}: ${meanings[variable.replace("WATCHTOWER_", "")] ?? "lastgood has nothing like it"}`
    )
