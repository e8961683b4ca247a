/** Compares what a command printed with what a page says that it prints. Pure. */

/** Each run differs in these. */
const varying: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>"],
  [/\b\d{8}T\d{6}Z(?:-[0-9a-f]{8})?/g, "<snapshot>"],
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?/g, "<time>"],
  [/\b\d\d:\d\d:\d\d\b/g, "<time>"],
  [/\b[0-9a-f]{64}\b/g, "<sha256>"],
  [/\b[0-9a-f]{40}\b/g, "<commit>"],
  [/\b(?=[a-f]*\d)[0-9a-f]{8}\b/g, "<id>"],
  [/\b\d+(?:\.\d+)? (?:ms|s|min|h)\b/g, "<duration>"],
  [/\b\d+(?:\.\d+)? (?:B|kB|MB|GB)\b/g, "<size>"],
  [/\b\d+ events\b/g, "<n> events"]
]

const steady = (line: string): string =>
  varying.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line.trim()).replaceAll(/\s{2,}/g, " ")

/** A line that ends with an ellipsis may go on. */
const isSame = (wanted: string, found: string): boolean =>
  wanted.endsWith("…") ? found.startsWith(wanted.slice(0, -1).trimEnd()) : found === wanted

const indexOf = (lines: ReadonlyArray<string>, part: ReadonlyArray<string>, from: number): number => {
  for (let at = from; at + part.length <= lines.length; at++) {
    if (part.every((line, i) => isSame(line, lines[at + i] ?? ""))) return at
  }
  return -1
}

/**
 * Whether the lines of the page were printed: next to each other, in this order. A line `…` in the page stands for any
 * lines. Times, ids, sizes and widths of columns do not count.
 *
 * @returns the first lines that were not printed; null: all were.
 */
export const notPrinted = (page: string, output: string): string | null => {
  const lines = output.split("\n").map(steady)
  const parts = page.split(/^…$/m).map((part) => part.split("\n").filter((line) => line.trim() !== ""))
  let from = 0
  for (const part of parts) {
    const at = indexOf(
      lines.filter((line) => line !== ""),
      part.map(steady),
      from
    )
    if (at < 0) return part.join("\n")
    from = at + part.length
  }
  return null
}
