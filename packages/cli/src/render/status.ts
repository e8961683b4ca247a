/** `status` for people. Pure. */
import type { AppStatus } from "@lastgood/core/domain/status"
import { oneLine, short, time } from "./format.ts"
import { table } from "./table.ts"

const details = (status: AppStatus): ReadonlyArray<string> => [
  ...(status.waitingFor === null ? [] : [`waits for ${status.waitingFor.replaceAll("<app>", status.app)}`]),
  ...status.quarantined.map(
    (q) => `${q.version} is quarantined${q.until === null ? "" : ` until ${time(q.until)}`}: ${q.reason}`
  ),
  ...status.setAside.map((a) => `replaced data is kept until ${time(a.until)}: ${a.paths.join(", ")}`)
]

export const statusText = (apps: ReadonlyArray<AppStatus>): string => {
  if (apps.length === 0) return "no apps; lastgood init writes an example"
  const rows = apps.map((s) => [s.app, s.phase, s.running ?? "", s.lastGood ?? "", s.snapshot ?? ""])
  const notes = apps.flatMap((s) => details(s).map((line) => `${s.app}: ${short(oneLine(line))}`))
  return [table(["app", "phase", "running", "last good", "newest snapshot"], rows), ...notes].join("\n")
}
