/** `plan` for people. Pure. */
import { verdictText } from "@lastgood/core/domain/policy/verdict"
import type { Preview } from "@lastgood/core/engine/Request"
import { changesText } from "./changes.ts"
import { predictedText } from "./downtime.ts"
import { instants, oneLine } from "./format.ts"
import { notesText } from "./notes.ts"
import { fields } from "./table.ts"

const headlines: Readonly<Record<Preview["action"], (p: Preview) => string>> = {
  resume: (p) => `would first finish the attempt in flight${p.to === null ? "" : ` (${p.to})`}`,
  upgrade: (p) => `would upgrade ${p.running ?? "nothing"} → ${p.to ?? ""}`,
  nothing: () => "nothing to do",
  refused: () => "would refuse",
  rejected: () => "cannot be upgraded"
}

/** What the daemon does by itself. Its reason is often the one above. */
const daemonText = ({ automatic, why }: Preview): string | null => {
  if (automatic === null) return null
  const isSame = automatic.verdict !== "nothing" && automatic.reason !== "" && automatic.reason === why
  return instants(verdictText(isSame ? { ...automatic, reason: "as above" } : automatic))
}

export const previewText = (preview: Preview): string => {
  const rest = fields([
    ["why", preview.why],
    ["last good", preview.lastGood],
    ["steps", preview.steps.join(" → ")],
    ["downtime", preview.action === "upgrade" ? predictedText(preview.downtime) : null],
    ["daemon", daemonText(preview)],
    ["next", preview.next],
    ...preview.notes.map((note): readonly [string, string] => ["note", note])
  ])
  const first = `${preview.app}: ${oneLine(headlines[preview.action](preview))}`
  return [first, rest, changesText(preview), notesText(preview.releaseNotes)].filter((part) => part !== "").join("\n")
}
