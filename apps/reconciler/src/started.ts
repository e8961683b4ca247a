/** The first line of the daemon's log: what it watches, when it looks next, and where its alerts go. Pure. */
import type { PluggedApp } from "@lastgood/core/domain/App"
import { duration, time } from "./reading/format.ts"
import { nextCheckOf } from "./schedule.ts"

/** What the daemon is started with, besides its apps. */
export interface Facts {
  readonly version: string
  readonly config: string
  readonly root: string
  /** Names of the sinks, which contain no secrets. */
  readonly sinks: ReadonlyArray<string>
  /** Where HTTP is served: addresses, and the path of the socket. */
  readonly http: ReadonlyArray<string>
}

/** More apps would make a line that the readers of logs cut. */
const mostApps = 50

const listed = (names: ReadonlyArray<string>, none: string): string => (names.length === 0 ? none : names.join(", "))

type Shown = { readonly app: string } & (
  | { readonly intervalSeconds: number }
  | { readonly schedule: string; readonly next: string | null }
)

const shownOf = (app: PluggedApp, now: number): Shown =>
  app.schedule === null
    ? { app: app.name, intervalSeconds: app.intervalMs / 1000 }
    : { app: app.name, schedule: app.schedule, next: nextCheckOf(app, now) }

const inWords = (shown: Shown): string =>
  "schedule" in shown
    ? `${shown.app} (${shown.schedule}, next ${shown.next === null ? "never" : time(shown.next)})`
    : `${shown.app} (every ${duration(shown.intervalSeconds * 1000)})`

/** @param now epoch milliseconds. */
export const startedLine = (
  apps: ReadonlyArray<PluggedApp>,
  { config, http, root, sinks, version }: Facts,
  now: number
) => {
  const shown = apps.slice(0, mostApps).map((app) => shownOf(app, now))
  const rest = apps.length - shown.length
  const names = listed([...shown.map(inWords), ...(rest > 0 ? [`and ${rest} more`] : [])], "no apps")
  return {
    message: `lastgood watches ${names}; alerts go to ${listed(sinks, "nobody")}; version ${version}`,
    details: {
      ...{ event: "DaemonStarted", version, config, root },
      ...{ appCount: apps.length, apps: shown, sinks, http }
    }
  }
}
