/** `plan` for people. Pure. */
import type { Preview } from "@lastgood/core/engine/Request"
import { oneLine } from "./format.ts"
import { notesText } from "./notes.ts"
import { fields } from "./table.ts"

const headlines: Readonly<Record<Preview["action"], (p: Preview) => string>> = {
  resume: (p) => `would first finish the attempt in flight${p.to === null ? "" : ` (${p.to})`}`,
  upgrade: (p) => `would upgrade ${p.running ?? "nothing"} → ${p.to ?? ""}`,
  nothing: () => "nothing to do",
  refused: () => "would refuse",
  rejected: () => "cannot be upgraded"
}

const imageText = ({ from, revision, service, source, to }: Preview["images"][number]): string => {
  const origin = source === null ? "" : ` (${source}${revision === null ? "" : ` at ${revision}`})`
  return oneLine(`${service}: ${from ?? "nothing"} → ${to ?? "nothing"}${origin}`)
}

export const previewText = (preview: Preview): string => {
  const rest = fields([
    ["why", preview.why],
    ["last good", preview.lastGood],
    ["steps", preview.steps.join(" → ")],
    ["next", preview.next],
    ...preview.images.map((change): readonly [string, string] => ["image", imageText(change)]),
    ...preview.notes.map((note): readonly [string, string] => ["note", note])
  ])
  const first = `${preview.app}: ${oneLine(headlines[preview.action](preview))}`
  return [first, rest, notesText(preview.releaseNotes)].filter((part) => part !== "").join("\n")
}
