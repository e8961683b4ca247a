/** What an event says, as text: for `log`, the timeline of an attempt, and the pages. Pure, but for the time zone of the host. */
import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"
import { butExternal } from "@lastgood/core/domain/folders"
import { reasonUntil } from "@lastgood/core/domain/policy/verdict"
import { leftOutText } from "@lastgood/core/domain/volumeFilter"
import { duration, instants, oneLine, plural, size, time } from "./format.ts"

/** How the name of a version is shown. */
export type Named = (version: string) => string

const until = (at: string | null): string => (at === null ? "" : ` until ${time(at)}`)

type Versioned = { readonly version: string } | null

const detail = (event: Event, named: Named): string => {
  const move = (...versions: readonly [from: Versioned, to: Versioned]): string =>
    versions.map((ref) => (ref === null ? "nothing" : named(ref.version))).join(" → ")
  switch (event.type) {
    case "AppRegistered":
      return `${event.data.runtime}, recipe ${event.data.recipe}`
    case "UpgradeAttempted":
    case "DeployAttempted":
      return move(event.data.from, event.data.to)
    case "TryAttempted":
      return `${move(event.data.from, event.data.to)} and back${event.data.program === null ? "" : `, with ${event.data.program}`}`
    case "SnapshotAttempted":
      return `of ${named(event.data.of.version)} (${event.data.purpose})`
    case "StopAttempted":
      return `of ${named(event.data.of.version)}, by ${event.data.by}`
    case "RemoveAttempted":
    case "AppRemoved": {
      const { by, volumes } = event.data
      return `by ${by}${volumes.length === 0 ? ", its data stays" : `, with its data: ${volumes.join(", ")}`}`
    }
    case "DataRemoved":
      return event.data.volumes.join(", ")
    case "AppRenamed":
      return `to ${event.data.to}, by ${event.data.by}`
    case "AppContinued":
      return `as ${event.data.app}; before, it was ${event.data.from}`
    case "AppForgotten":
      return `by ${event.data.by}, with ${plural(event.data.snapshots.length, "snapshot")}`
    case "ForgettingNoted":
      return `${event.data.app}, by ${event.data.by}; its last event: ${event.data.hash}`
    case "RollbackStarted": {
      const { attempted, lastGood, snapshot, reason } = event.data
      // Left down on the data of the failed version, or rolled back before that version used the data.
      const without = lastGood === null ? "the data is not restored" : "the data was not touched"
      return `${move(attempted, lastGood)}, ${snapshot === null ? without : `with the data of snapshot ${snapshot}`}: ${reason}`
    }
    case "AttemptEnded":
      return `${event.data.outcome}${event.data.why === "" ? "" : `: ${event.data.why}`}`
    case "UpgradeRefused":
      return `${named(event.data.to.version)}: ${event.data.gate}: ${instants(reasonUntil(event.data))}`
    case "ReleaseNotesAccepted":
      return `of ${event.data.notes.join(", ")}: the manual work is done`
    case "StepStarted":
      return `${event.data.step}${event.data.try > 1 ? `, try ${event.data.try}` : ""}`
    case "StepDone":
      return event.data.step
    case "StepFailed":
      return `${event.data.step}: ${event.data.reason}`
    case "AttemptWaiting":
      return `${event.data.step} waits for ${event.data.waitsFor}: ${event.data.reason}`
    case "HookRan":
      return `${event.data.when} ${event.data.step}, ${event.data.plugin}${event.data.ok ? "" : " failed"}${event.data.output === "" ? "" : `: ${event.data.output}`}`
    case "Prefetched":
      return `${named(event.data.version)}: ${plural(event.data.images.length, "image")}, ${plural(event.data.volumes.length, "volume")}${event.data.needBytes === 0 ? "" : `; needs ${size(event.data.needBytes)}, ${size(event.data.freeBytes)} free`}`
    case "Undeployed":
      return `nothing can write, after ${duration(event.data.quietAfterMs)}`
    case "SnapshotTaken":
      return `${event.data.snapshot} of ${named(event.data.version)}: ${plural(event.data.volumes.length, "volume")}, ${size(event.data.bytes)}, in ${duration(event.data.quietMs)}`
    case "SnapshotLeftOut":
      return `left out of ${event.data.snapshot} by a filter: ${leftOutText(event.data.volumes)}`
    case "Deployed":
      return `${named(event.data.version)} (${event.data.services.join(", ")}), in ${duration(event.data.tookMs)}`
    case "DeployFailed":
      return `${named(event.data.version)}: ${event.data.reason}`
    case "HealthPassed":
      return `${named(event.data.version)}: ${plural(event.data.checks.length, "check")}, in ${duration(event.data.tookMs)}`
    case "HealthFailed":
      return `${named(event.data.version)}: ${event.data.reason}`
    case "CommandEnded":
      return `${event.data.ok ? "passed" : event.data.reason}, in ${duration(event.data.tookMs)}${event.data.output === "" ? "" : `: ${event.data.output}`}`
    case "UpgradeCommitted":
      return `${named(event.data.version)} is the last good version`
    case "SnapshotPromoted":
      return `${named(event.data.version)} is the last good version${event.data.snapshot === null ? ", without a snapshot" : `, with ${event.data.snapshot}`}`
    case "SnapshotStaged":
      return `${event.data.snapshot}, verified, in ${duration(event.data.tookMs)}`
    case "DataSetAside":
      return `${event.data.volumes.map((v) => v.path).join(", ")}${until(event.data.until)}`
    case "SnapshotRestored":
      return `${event.data.snapshot} of ${named(event.data.version)}, in ${duration(event.data.quietMs)}`
    case "RolledBack":
      return `${move(event.data.attempted, event.data.lastGood)}, ${event.data.recovered ? "recovered" : "not healthy"}`
    case "RollbackFailed":
      return `${event.data.leftDown ? "left down" : "not healthy"}: ${event.data.reason}`
    case "VersionQuarantined":
      return `${named(event.data.version)}${until(event.data.until)}: ${event.data.reason}`
    case "QuarantineLifted":
      return named(event.data.version)
    case "AlertRaised":
      return `${event.data.outcome}: ${event.data.why}`
    case "AlertDelivered": {
      const { about, to, unsent } = event.data
      if (unsent !== undefined) return `not sent to ${to}: ${unsent === "equal" ? "an equal one was" : "its level"}`
      return about === undefined ? `to ${to}` : `to ${to}: ${about}`
    }
    case "SinkFailed":
      return `${event.data.sink}: ${event.data.why}, next try ${time(event.data.retryAt)}`
    case "SinkRecovered":
      return event.data.sink
    case "AlertResolved":
      return event.data.by
    case "AlertAcknowledged":
      return `${event.data.alert}, by ${event.data.by ?? "an operator"}`
    case "AlertSinksConfigured":
      return event.data.sinks.join(", ")
    case "DataFoldersNoted":
      return `${event.data.paths.join(", ") || "none"}${butExternal(event.data.external)}`
    case "SnapshotAdopted":
      return `${event.data.snapshot} of ${named(event.data.version)}, taken ${time(event.data.at)}`
    case "SnapshotVerified":
      return `${event.data.snapshot}: ${event.data.ok ? "whole" : event.data.problems.join("; ")}`
    case "SnapshotPruned":
      return `${event.data.snapshot}: ${event.data.reason}`
    case "AsidePruned":
      return `of attempt ${event.data.attempt}`
    case "AppUnhealthy":
      return `${named(event.data.version)}, since ${time(event.data.since)}: ${event.data.what}`
    case "AppRecovered":
      return `${named(event.data.version)}, unhealthy since ${time(event.data.since)}${event.data.by === "lastgood" ? ", restarted by lastgood" : ""}`
    case "WorldNoted":
      return `${plural(event.data.services.length, "service")}, ${plural(event.data.volumes.length, "volume")}`
    case "DriftDetected":
      return `${event.data.kind}: ${event.data.what.join("; ")}`
    case "DriftResolved":
      return event.data.kind
    case "DataGivenUp":
      return event.data.what.join("; ")
    case "AttemptAbandoned":
      return event.data.why
    case "AppHeld":
      return `${event.data.reason}${until(event.data.until)}`
    case "AppReleased":
    case "BreakerClosed":
      return ""
    case "HoldExpired":
      return `${event.data.reason}${until(event.data.until)}`
    case "VersionApproved":
    case "ApprovalWithdrawn":
      return event.data.version
  }
}

/** Shows an event of an unknown type or version as it was written. */
export const eventText = (event: Event | UnknownEvent, named: Named = (version) => version): string =>
  oneLine(isUnknown(event) ? `(v${event.v}) ${JSON.stringify(event.data)}` : detail(event, named))
