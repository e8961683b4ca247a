/** A recorded event as a line of the daemon's log. Pure. */

import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"
import { levelOf as levelOfLetter } from "@lastgood/core/domain/letters"
import { appOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { eventText } from "@lastgood/reconciler/reading/eventText"
import type { Level, LogLine } from "./LogLine.ts"

/** Bookkeeping. A refusal is told by its pass, which also knows what to do. */
const untold: ReadonlySet<Event["type"]> = new Set([
  ...(["AlertSinksConfigured", "DataFoldersNoted", "StepDone", "UpgradeRefused", "WorldNoted"] as const)
])

const levelOf = (event: Event): Level => {
  switch (event.type) {
    case "AppUnhealthy":
    case "RollbackFailed":
      return "error"
    case "AttemptAbandoned":
    case "AttemptWaiting":
    case "DeployFailed":
    case "DriftDetected":
    case "HealthFailed":
    case "RollbackStarted":
    case "SinkFailed":
    case "StepFailed":
    case "VersionQuarantined":
      return "warning"
    case "AlertRaised":
      return levelOfLetter({ ...event.data, resolved: null })
    case "AttemptEnded":
      if (event.data.outcome === "committed" || event.data.outcome === "done") return "info"
      return event.data.outcome === "recovered" || event.data.outcome === "refused" ? "warning" : "error"
    case "CommandEnded":
    case "HookRan":
      return event.data.ok ? "info" : "warning"
    case "RolledBack":
      return event.data.recovered ? "warning" : "error"
    case "SnapshotVerified":
      return event.data.ok ? "info" : "error"
    default:
      return "info"
  }
}

/** Facts of the event that programs select lines by. */
const factsOf = (event: Event): LogLine["more"] => {
  switch (event.type) {
    case "StepStarted":
    case "StepFailed":
    case "AttemptWaiting":
      return { step: event.data.step }
    case "AlertRaised":
    case "AttemptEnded":
      return { outcome: event.data.outcome }
    case "SinkFailed":
      return { sink: event.data.sink }
    default:
      return {}
  }
}

/** null: the event has no line. */
export const eventLine = (envelope: Envelope, event: Event | UnknownEvent): LogLine | null => {
  const { at, attempt, position, stream, type } = envelope
  const base = {
    time: at,
    app: appOf(stream),
    event: type,
    message: eventText(event),
    more: { ...(attempt === null ? {} : { attempt }), position }
  }
  if (isUnknown(event)) return { ...base, level: "info", next: "" }
  if (untold.has(event.type)) return null
  const next = event.type === "AlertRaised" ? event.data.next : ""
  return { ...base, level: levelOf(event), next, more: { ...base.more, ...factsOf(event) } }
}
