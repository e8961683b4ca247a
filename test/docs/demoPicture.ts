/**
 * The picture at the top of the README: an excerpt of what the demo printed, drawn as a terminal. Pure. What differs
 * between two runs (times, ports, folders, ids) is taken out, so that only a change of the demo changes the picture.
 */

/** At 14 px a line of this many characters fits GitHub's page without being scaled down. */
const columns = 92
const charWidth = 8.4
const lineHeight = 20
/** Where what an event says begins. */
const eventColumn = 18
const eventWidth = 64
const margin = 20
const barHeight = 34

/** The chapters that are shown, and of the log only what tells the story. */
const chapters = ["4", "5", "6"]
const commands = ["curl", "lastgood upgrade", "lastgood log", "lastgood verify"]
/** Where what is printed below a command says why an upgrade failed. */
const telling = "4"
const events = [
  "UpgradeAttempted",
  "Undeployed",
  "SnapshotTaken",
  "Deployed",
  "HealthFailed",
  "RollbackStarted",
  "SnapshotStaged",
  "SnapshotRestored",
  "HealthPassed",
  "RolledBack"
]

type Kind = "title" | "chapter" | "command" | "reason" | "proof" | "event" | "note"

export interface Line {
  readonly kind: Kind
  readonly indent: number
  readonly text: string
}

const steady = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080")
    .replaceAll(/,? (?:in|after|within) [\d.]+ (?:ms|s|min)\b/g, "")
    .replaceAll(/ ?\b\d{8}T\d{6}Z-[0-9a-f]{8}\b,?/g, "")
    .replaceAll(/ \d+ events\b/g, " events")
    .replaceAll(/ \(\d+ of \d+ [^)]*\)/g, "")

/** Words that do not fit go to a line of their own; a word is never cut. */
const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The demo cuts long lines itself, where depends on what was taken out here: so these end earlier, after a whole word. */
const shortened = (detail: string): string =>
  detail.length > eventWidth && detail.endsWith("…")
    ? `${detail.slice(0, eventWidth).replace(/\W*\s\S*$/, "")} …`
    : detail.replace(/\W*…$/, " …")

const eventLine = (name: string, detail: string): Line => ({
  kind: "event",
  indent: 4,
  text: `${name.padEnd(eventColumn)}${shortened(steady(detail).trim())}`
})

const paragraph = (kind: Kind, indent: number, text: string): ReadonlyArray<Line> =>
  wrapped(steady(text), columns - indent - 2).map((part, i) => ({
    kind,
    indent: indent + (i === 0 ? 0 : 2),
    text: part
  }))

/** The first line below a command. */
const isReason = (line: string, last: Line | undefined): boolean => last?.kind === "command" && /^ {4}\S/.test(line)

/** @param printed all that the demo printed. @returns the lines of the picture. */
export const excerptOf = (printed: string): ReadonlyArray<Line> => {
  const lines: Array<Line> = [{ kind: "title", indent: 0, text: "lastgood demo" }]
  let chapter = ""
  let isShown = false
  for (const line of printed.split("\n")) {
    const [, number, title] = /^(\d)\. (.*)$/.exec(line) ?? []
    const [, typed] = /^ {2}\$ (.*)$/.exec(line) ?? []
    const [, name, detail] = /^ {4}\d\d:\d\d:\d\d +(\w+) *(.*)$/.exec(line) ?? []
    if (/^\S/.test(line)) chapter = number ?? ""
    if (!chapters.includes(chapter)) continue
    if (title !== undefined) lines.push(...paragraph("chapter", 0, `${number}. ${title}`))
    else if (typed !== undefined) {
      isShown = commands.some((command) => typed.startsWith(command))
      if (isShown) lines.push({ kind: "command", indent: 2, text: `$ ${steady(typed)}` })
    } else if (isShown && name !== undefined) {
      if (events.includes(name)) lines.push(eventLine(name, detail ?? ""))
    } else if (isShown && line.startsWith("    ✓ ")) lines.push(...paragraph("proof", 4, line.trim()))
    else if (isReason(line, lines.at(-1)) && chapter === telling) lines.push(...paragraph("reason", 4, line.trim()))
    else if (isShown && line.startsWith("    next: ")) lines.push(...paragraph("note", 4, line.trim()))
  }
  const missing = (["chapter", "command", "reason", "proof", "event", "note"] as const).filter(
    (kind) => !lines.some((line) => line.kind === kind)
  )
  if (missing.length > 0) throw new Error(`the demo printed nothing to show as ${missing.join(", ")}: see excerptOf`)
  return lines
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const classes: Readonly<Record<Kind, string>> = {
  title: "muted",
  chapter: "strong",
  command: "command",
  reason: "bad",
  proof: "plain",
  event: "plain",
  note: "muted"
}

interface Piece {
  /** In characters, from the start of the line. */
  readonly at: number
  readonly text: string
  readonly tone: string
}

/** An event's name and a proof's mark have a colour of their own. */
const piecesOf = ({ kind, text }: Line): ReadonlyArray<Piece> => {
  const split = (end: number, tone: string, rest: number): ReadonlyArray<Piece> => [
    { at: 0, text: text.slice(0, end), tone },
    { at: rest, text: text.slice(rest), tone: classes[kind] }
  ]
  if (kind === "proof" && text.startsWith("✓ ")) return split(1, "good", 2)
  if (kind !== "event") return [{ at: 0, text, tone: classes[kind] }]
  const [name = ""] = /^\w+/.exec(text) ?? []
  const tone = /Failed|RollbackStarted/.test(name)
    ? "bad"
    : /Passed|RolledBack|Restored/.test(name)
      ? "good"
      : "command"
  return split(name.length, tone, eventColumn)
}

const style = `
    text { font-family: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: 14px; }
    .window { fill: #f6f8fa; stroke: #d1d9e0; }
    .button { fill: #d1d9e0; }
    .plain { fill: #1f2328; }
    .strong { fill: #1f2328; font-weight: 600; }
    .muted { fill: #59636e; }
    .command { fill: #0550ae; }
    .good { fill: #116329; }
    .bad { fill: #a40e26; }
    @media (prefers-color-scheme: dark) {
      .window { fill: #0d1117; stroke: #3d444d; }
      .button { fill: #3d444d; }
      .plain, .strong { fill: #e6edf3; }
      .muted { fill: #9198a1; }
      .command { fill: #79c0ff; }
      .good { fill: #56d364; }
      .bad { fill: #ff7b72; }
    }`

/** The drawing. Each line has its width written down, so that any monospace font fits. */
export const pictureOf = ([title, ...lines]: ReadonlyArray<Line>): string => {
  const gaps = lines.map(({ kind }, i) => (kind === "chapter" && i > 0 && lines[i - 1]?.kind !== "chapter" ? 0.6 : 0))
  const rows = lines.map((_, i) => i + gaps.slice(0, i + 1).reduce<number>((sum, gap) => sum + gap, 0))
  const width = Math.ceil(columns * charWidth + 2 * margin)
  const height = Math.ceil(barHeight + ((rows.at(-1) ?? 0) + 1) * lineHeight + margin)
  const texts = lines.flatMap((line, i) => {
    const y = (barHeight + ((rows[i] ?? 0) + 0.8) * lineHeight).toFixed(1)
    return piecesOf(line).map(({ at, text, tone }) => {
      const x = (margin + (line.indent + at) * charWidth).toFixed(1)
      const length = (text.length * charWidth).toFixed(1)
      return `  <text x="${x}" y="${y}" textLength="${length}" class="${tone}">${escaped(text)}</text>`
    })
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
  <title id="title">A terminal with an excerpt of lastgood demo: a bad upgrade is rolled back with its data</title>
  <style>${style}
  </style>
  <rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${[0, 1, 2].map((i) => `  <circle class="button" cx="${margin + i * 18}" cy="17" r="5.5"/>`).join("\n")}
  <text x="${width / 2}" y="21.5" text-anchor="middle" class="muted">${escaped(title?.text ?? "")}</text>
${texts.join("\n")}
</svg>
`
}
