/** Folds lines at spaces, so that they fit a terminal. Pure. */

/** Where the continuation of a line begins: below its last column, if that leaves half of the width, else two further in. */
const hangingAt = (line: string, width: number): number => {
  const lead = line.length - line.trimStart().length
  const [columns = ""] = /^.*\s{2}(?=\S)/.exec(line.slice(0, Math.floor(width / 2) + 1)) ?? []
  return columns.length > lead ? columns.length : lead + 2
}

const folded = (line: string, width: number, at: number): ReadonlyArray<string> => {
  if (line.length <= width) return [line]
  const hanging = " ".repeat(at)
  const lines: Array<string> = []
  let [current = ""] = /^\s*/.exec(line) ?? []
  // The gaps between columns stay as they are.
  for (const [, gap = "", word = ""] of line.slice(current.length).matchAll(/(\s*)(\S+)/g)) {
    const isFirst = current.trim() === ""
    if (isFirst || current.length + gap.length + word.length <= width) current += gap + word
    else {
      lines.push(current)
      current = hanging + word
    }
  }
  return [...lines, current]
}

/**
 * A word that is longer than the terminal, such as an id, a path or a digest, stays whole on a line of its own.
 *
 * @param width of the terminal in columns; null: not a terminal, and no line is folded.
 * @param at the column in which continuations begin, if not below the last column of the line.
 */
export const fold = (text: string, width: number | null, at?: number): string =>
  width === null
    ? text
    : text
        .split("\n")
        .flatMap((line) => folded(line, width, at ?? hangingAt(line, width)))
        .join("\n")
