/** The daily digest: what the log says about the last day, in one message. Pure. */
import { openAlerts } from "./alerts.ts"
import { durationText } from "./durationText.ts"
import { type DataOf, type Event, isUnknown, make } from "./Event.ts"
import type { Recorded } from "./evolve.ts"
import type { AppState } from "./State.ts"
import { statusOf } from "./status.ts"

export interface DigestOf {
  readonly app: string
  /** Since the last digest. */
  readonly events: ReadonlyArray<Recorded>
  readonly state: AppState
}

/** How an attempt ended is told by other events, but for a failure; how long it kept the app down is told by this one. */
const endText = ({ downtime, outcome, why }: DataOf<"AttemptEnded">, stoppedBy: string | null): string | null => {
  if (outcome === "failed") return `failed: ${why}`
  if (outcome === "done" && stoppedBy !== null) return `stopped by ${stoppedBy}`
  return downtime === undefined || downtime.downSince !== null ? null : `was down for ${durationText(downtime.ms)}`
}

/** @returns null: not worth a line. @param stoppedBy who began the attempt, if it is a stop; null: it is not. */
const lineOf = (event: Event, stoppedBy: string | null): string | null => {
  switch (event.type) {
    case "UpgradeCommitted": {
      const { previous, version } = event.data
      if (previous === null) return `${version} is the last good version`
      return previous.version === version
        ? `${version} was started again`
        : `upgraded from ${previous.version} to ${version}`
    }
    case "SnapshotPromoted":
      return `${event.data.version} was promoted`
    case "RolledBack": {
      const { attempted, lastGood, recovered } = event.data
      const health = recovered ? "healthy" : "not healthy"
      return attempted === null
        ? `${lastGood?.version ?? "nothing"} restored, ${health}`
        : `${attempted.version} rolled back to ${lastGood?.version ?? "nothing"}, ${health}`
    }
    case "RollbackFailed":
      return `rollback failed${event.data.leftDown ? ", the app was left down" : ""}: ${event.data.reason}`
    case "UpgradeRefused":
      // The failure that quarantined it is told.
      return event.data.gate === "quarantine" ? null : `${event.data.to.version} refused: ${event.data.reason}`
    case "AppUnhealthy":
      return `unhealthy since ${event.data.since}: ${event.data.what}`
    case "AppRecovered":
      return "healthy again"
    case "AppHeld":
      return `held: ${event.data.reason}`
    case "AppReleased":
      return "released"
    case "DriftDetected":
      return `${event.data.kind}: ${event.data.what.join("; ")}`
    case "SnapshotVerified":
      return event.data.ok ? null : `snapshot ${event.data.snapshot} is damaged: ${event.data.problems.join("; ")}`
    case "AppRemoved":
      return `removed by ${event.data.by}`
    case "AppContinued":
      return `renamed from ${event.data.from}`
    case "DataRemoved":
      return `its data was deleted: ${event.data.volumes.join(", ")}`
    case "AttemptEnded":
      return endText(event.data, stoppedBy)
    default:
      return null
  }
}

const longestLine = 300
/** More are summed up: a message has its limits. */
const linesPerApp = 10

const withCount = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const counts = Map.groupBy(lines, (line) => line)
  const all = [...counts].map(([line, same]) => (same.length === 1 ? line : `${line} (${same.length} times)`))
  return all.length <= linesPerApp ? all : [`… ${all.length - linesPerApp} more before`, ...all.slice(-linesPerApp)]
}

/** Who began the attempt that ends next, if it is a stop: an app has one attempt at a time. */
const stopperBefore = (events: ReadonlyArray<Recorded>, index: number): string | null => {
  for (const { event } of events.slice(0, index).toReversed()) {
    if (isUnknown(event) || event.type === "AttemptEnded" || event.type === "AttemptAbandoned") return null
    if (event.type === "StopAttempted") return event.data.by
  }
  return null
}

const ofApp = ({ app, events }: DigestOf): ReadonlyArray<string> =>
  withCount(
    events.flatMap(({ event }, i) => {
      const line = isUnknown(event) ? null : lineOf(event, stopperBefore(events, i))
      return line === null ? [] : [line.replaceAll(/\s+/g, " ").slice(0, longestLine)]
    })
  ).map((line) => `${app}: ${line}`)

const open = ({ app, state }: DigestOf): ReadonlyArray<string> => {
  const alerts = openAlerts(state)
  const last = alerts.at(-1)
  if (last === undefined) return []
  const more = alerts.length === 1 ? "" : ` (and ${alerts.length - 1} more)`
  return [`${app}: ${last.outcome} since ${last.at}: ${last.why.slice(0, longestLine)}${more}`]
}

/** An app with an open alert waits for an operator, as that alert says. */
const waiting =
  (now: number) =>
  ({ app, state }: DigestOf): ReadonlyArray<string> => {
    const { waitingFor } = statusOf(app, state, now)
    return waitingFor === null || openAlerts(state).length > 0 ? [] : [`${app}: ${waitingFor.slice(0, longestLine)}`]
  }

/**
 * @param since ISO 8601.
 * @param now epoch milliseconds.
 */
export const digestText = (since: string, apps: ReadonlyArray<DigestOf>, now: number): string => {
  const happened = apps.flatMap(ofApp)
  const stillOpen = apps.flatMap(open)
  const stillWaiting = apps.flatMap(waiting(now))
  return [
    happened.length === 0 ? `Nothing happened since ${since}.` : `Since ${since}:`,
    ...happened,
    ...(stillOpen.length === 0 ? [] : ["Open alerts:", ...stillOpen]),
    ...(stillWaiting.length === 0 ? [] : ["Waiting for:", ...stillWaiting])
  ].join("\n")
}

/** A digest is an alert that is resolved already, so that it is delivered as alerts are, and needs no operator. */
export const digestEvents = (text: string, at: string): readonly [Event, ...Array<Event>] => {
  const alert = `${at}-digest`
  return [
    make("AlertRaised", {
      ...{ alert, subject: "digest", outcome: "digest", attempted: null, lastGood: null, recovered: true },
      ...{ why: text, next: "" }
    }),
    make("AlertResolved", { alert, by: "a digest needs no operator" })
  ]
}
