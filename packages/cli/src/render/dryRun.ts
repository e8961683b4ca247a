/** `--dry-run` for people. Pure. */
import type { DryRun } from "@lastgood/core/engine/dryRun"
import type { Request } from "@lastgood/core/engine/Request"
import { predictedText } from "./downtime.ts"
import { instants, oneLine } from "./format.ts"
import { notesText } from "./notes.ts"
import { fields } from "./table.ts"

const begins: Readonly<Partial<Record<Request["_tag"], (run: DryRun) => string>>> = {
  Upgrade: ({ running, to }) => `would upgrade ${running ?? "nothing"} → ${to ?? ""}`,
  Deploy: ({ to }) => `would deploy ${to ?? ""}`,
  Snapshot: ({ to }) => `would take a snapshot of ${to ?? "its data"}`,
  Promote: ({ to }) => `would take a snapshot, and make ${to ?? "it"} the last good version`,
  Try: ({ running, to }) => `would try ${to ?? ""}, and then roll back to ${running ?? ""}`,
  Rollback: ({ running, to }) => `would roll back ${running ?? "nothing"} → ${to ?? ""}`,
  Restore: ({ to }) => `would restore ${to ?? ""} and its data`
}

const headline = (request: Request, run: DryRun): string => {
  switch (run.action) {
    case "begin":
      return begins[request._tag]?.(run) ?? `would ${request._tag.toLowerCase()} it`
    case "record":
      return run.why
    case "resume":
      return "would first finish the attempt in flight"
    case "nothing":
      return `nothing to do${run.why === "" ? "" : `: ${run.why}`}`
    case "refused":
      return "would refuse"
    case "rejected":
      return "does not apply now"
  }
}

export const unchanged = "nothing was changed (--dry-run)"

const saysWhy: ReadonlySet<DryRun["action"]> = new Set(["resume", "refused", "rejected"])

export const dryRunText = (request: Request, run: DryRun): string => {
  const isDown = run.steps.includes("undeploy")
  const rest = fields([
    ["why", saysWhy.has(run.action) ? run.why : null],
    ["steps", run.steps.join(" → ")],
    ["downtime", run.action === "begin" ? (isDown ? predictedText(run.downtime) : "none") : null],
    ["data", run.snapshot === null ? null : `snapshot ${run.snapshot} is restored; the present data is set aside`],
    ["deletes", run.action === "begin" && request._tag === "Remove" ? (request.volumes ?? []).join(", ") : null],
    ["quarantined", run.quarantined.join(", ")],
    ["next", run.next]
  ])
  const first = `${run.app}: ${oneLine(instants(headline(request, run)))}`
  return [first, rest, notesText(run.releaseNotes), unchanged].filter((part) => part !== "").join("\n")
}
