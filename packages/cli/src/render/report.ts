/** The report of a command as text: what was attempted, why it failed, where files are, what to do next. Pure. */

import { join } from "node:path"
import type { App } from "@lastgood/core/domain/App"
import { alertOfAttempt } from "@lastgood/core/domain/alerts"
import { butExternal } from "@lastgood/core/domain/folders"
import { forApp, nextText } from "@lastgood/core/domain/Next"
import type { AppState, Tried } from "@lastgood/core/domain/State"
import { butFor } from "@lastgood/core/domain/volumeFilter"
import type { Report, Request } from "@lastgood/core/engine/Request"
import { downtimeText } from "./downtime.ts"
import { instants, oneLine, time } from "./format.ts"
import { notesText } from "./notes.ts"
import { fields } from "./table.ts"

/** The facts in the log about the report's attempt. */
const factsOf = (report: Report, state: AppState) => {
  const { attempt } = report
  const alert = alertOfAttempt(state, attempt)
  const aside = state.aside.find((a) => a.attempt === attempt)
  const snapshot = state.snapshots.findLast((s) => s.attempt === attempt)
  return { alert, aside, snapshot }
}

const recorded = (request: Request, report: Report, state: AppState): string => {
  switch (request._tag) {
    case "Hold": {
      const until = state.held?.until ?? null
      return `held ${until === null ? "until it is released" : `until ${time(until)}`}: ${request.reason}`
    }
    case "Release":
      return "released"
    case "Approve":
      return `${state.approved?.version ?? request.version} is approved: the daemon takes it when no other gate refuses it`
    case "Withdraw":
      return `the approval of ${request.version} is withdrawn`
    case "Acknowledge":
      return `acknowledged: ${request.alert === null ? "every open alert" : request.alert || "the open alert"}`
    case "Retry":
      return `${request.version ?? "every quarantined version"} may be tried again`
    case "Prune":
      return report.why
    default:
      return "recorded"
  }
}

/** LAW-15: restored data lacks the files that a filter left out. */
const lacking = (report: Report, state: AppState): string => {
  const last = state.lastOutcome
  const leftOut = last?.attempt === report.attempt ? last?.leftOut : undefined
  return `${butFor(leftOut)}${butExternal(state.external)}`
}

const done = (request: Request, report: Report, state: AppState): string => {
  switch (request._tag) {
    case "Rollback":
    case "Restore":
      return `${report.running ?? "it"} is running and healthy, with its data${lacking(report, state)}`
    case "Snapshot":
      return "a snapshot was taken"
    case "Remove": {
      const { snapshot = "", volumes = [] } = state.down?.removed ?? {}
      const back = nextText(report.app, volumes.length === 0 ? { do: "Deploy" } : { do: "Restore", snapshot })
      const data = volumes.length === 0 ? "its data stays" : `its data was deleted (${volumes.join(", ")})`
      return `it is removed; ${data}; take it out of lastgood.yaml, or bring it back: ${back}`
    }
    case "Stop":
      return `it is stopped and stays stopped; to start it again: ${nextText(report.app, { do: "Start" })}`
    default:
      return `done; ${report.running ?? "nothing"} is running`
  }
}

/** The result of a try. A success includes the rollback. */
const tryHeadline = (report: Report, tried: Tried, request: Request, state: AppState): string => {
  // A branch says more than its commit. An attempt that was finished first may be of another version.
  const named = request._tag === "Try" && !report.resumed && request.ref !== tried.version
  const version = named ? `${request.ref} (${tried.version})` : tried.version
  const back = `rolled back: ${report.running ?? "nothing"} is running and healthy, version and data as before${lacking(report, state)}`
  if (tried.interrupted && report.outcome === "recovered") return `the try of ${version} was interrupted; ${back}`
  switch (report.outcome) {
    case "done":
      return `${version} is healthy${tried.command === null ? "" : " and the command passed"}; ${back}`
    case "failed":
      return `${version} is healthy, but ${report.why}; ${back}`
    case "recovered":
      return `${version} failed; ${back}`
    case "unhealthy":
      return `${version} was tried, and the app is NOT healthy; ${report.running ?? "nothing"} is running`
    case "left-down":
      return `${version} was tried, and the app was left DOWN on purpose`
    default:
      return `${version} was not tried; the app was not touched`
  }
}

const headline = (request: Request, report: Report, state: AppState): string => {
  const { alert } = factsOf(report, state)
  const attempted = alert?.attempted?.version ?? "the attempt"
  const running = report.running ?? "nothing"
  if (report.tried != null) return tryHeadline(report, report.tried, request, state)
  switch (report.outcome) {
    case "nothing":
      return `nothing to do${report.why === "" ? "" : `: ${instants(report.why)}`}`
    case "recorded":
      return recorded(request, report, state)
    case "committed":
      if (report.running === null) {
        return `${report.lastGood ?? "it"} is healthy and the last good version, and was taken down; to start it again: lastgood deploy ${report.app}`
      }
      return `${running} is running, healthy, and the last good version`
    case "done":
      return done(request, report, state)
    case "refused":
      return "refused; the app was not touched"
    case "recovered":
      return `${attempted} failed; rolled back and recovered: ${running} is running and healthy, version and data as before${lacking(report, state)}`
    case "unhealthy":
      return `${attempted} failed, and the app is NOT healthy; ${running} is running`
    case "left-down":
      return `${attempted} failed, and the app was left DOWN on purpose`
    case "failed":
      if (state.down?.removed !== undefined) {
        const none = state.down.removed.volumes.length === 0
        return `it is down and removed, but ${none ? "its data was not deleted" : "its data may not be deleted"}`
      }
      return alert?.recovered === true ? "failed; the app was not touched" : `${attempted} failed`
    case "unknown":
      return "the outcome of the attempt is unknown"
  }
}

const quietOutcomes: ReadonlySet<Report["outcome"]> = new Set(["nothing", "recorded"])

export const reportText = (app: App, request: Request, report: Report, state: AppState): string => {
  const { alert, aside, snapshot } = factsOf(report, state)
  const resumed = report.resumed ? "lastgood first finished an interrupted attempt\n" : ""
  const first = `${resumed}${app.name}: ${oneLine(headline(request, report, state))}`
  if (quietOutcomes.has(report.outcome)) return first
  const good = report.outcome === "committed" || report.outcome === "done"
  const isBack = report.tried != null && alert === undefined
  const rest = fields([
    // The headline contains it.
    ["why", good || (isBack && (report.tried?.interrupted || report.outcome === "failed")) ? null : report.why],
    ["last good", good || isBack ? null : report.lastGood],
    ["snapshot", snapshot === undefined || isBack ? null : `${snapshot.id} of ${snapshot.version}`],
    [
      "set aside",
      aside === undefined
        ? null
        : `${aside.volumes.map((v) => v.path).join(", ")} (kept until ${aside.tried ? "the next try, or " : ""}${time(aside.until)})`
    ],
    ["downtime", report.downtime === undefined ? null : downtimeText(report.downtime)],
    ["alert", alert === undefined ? null : join(app.dir, "alerts")],
    ["next", good ? null : report.next || forApp(app.name, alert?.next ?? "") || `lastgood log ${app.name}`]
  ])
  return [first, rest, notesText(report.releaseNotes)].filter((part) => part !== "").join("\n")
}
