/** `status` for people. Pure. */
import type { AppStatus } from "@lastgood/core/domain/status"
import { oneLine, short, time } from "./format.ts"
import { table } from "./table.ts"

/** What the log says of an app, and (asked of now) which process works on it. */
export type Shown = AppStatus & { readonly workedOnBy?: string | null }

/** Reasons are cut, since the log has them whole; paths are not: somebody has to find what lies there. */
const details = (status: Shown): ReadonlyArray<string> => [
  ...reasons(status).map((reason) => short(oneLine(reason))),
  ...status.setAside.map((a) => oneLine(`replaced data is kept until ${time(a.until)}: ${a.paths.join(", ")}`))
]

const reasons = (status: Shown): ReadonlyArray<string> => [
  ...((status.workedOnBy ?? null) === null ? [] : [`worked on now by ${status.workedOnBy}`]),
  ...(status.waitingFor === null ? [] : [`waits for ${status.waitingFor.replaceAll("<app>", status.app)}`]),
  ...status.quarantined.map(
    (q) => `${q.version} is quarantined${q.until === null ? "" : ` until ${time(q.until)}`}: ${q.reason}`
  )
]

export const statusText = (apps: ReadonlyArray<Shown>): string => {
  if (apps.length === 0) return "no apps; lastgood init writes an example"
  const rows = apps.map((s) => [s.app, s.phase, s.running ?? "", s.lastGood ?? "", s.snapshot ?? ""])
  const notes = apps.flatMap((s) => details(s).map((line) => `${s.app}: ${line}`))
  return [table(["app", "phase", "running", "last good", "newest snapshot"], rows), ...notes].join("\n")
}
