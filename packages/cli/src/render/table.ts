/** Aligned columns. Pure. */
import { instants, oneLine } from "./format.ts"

const cellsOf = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> =>
  rows.map((row) => row.map((cell) => (cell === "" ? "-" : oneLine(cell))))

const columns = (head: ReadonlyArray<string>, cells: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  return [head.map((title) => title.toUpperCase()), ...cells].map(line)
}

/** One block per row: its first cell, and the others below it by name. */
const blocks = (head: ReadonlyArray<string>, cells: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const width = Math.max(0, ...head.slice(1).map((title) => title.length))
  return cells.map(([first = "", ...rest]) =>
    [first, ...rest.map((cell, i) => `  ${(head[i + 1] ?? "").padEnd(width)}  ${cell}`)].join("\n")
  )
}

/** Whether each line of the table fits. */
export const fits = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number | null
): boolean => width === null || columns(head, cellsOf(rows)).every((line) => line.length <= width)

/**
 * @param rows cells as text; an empty one is shown as `-`. The last column is not padded.
 * @param width of the terminal; a table that is wider becomes a block per row, so that no cell is cut. null: not a terminal.
 */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number | null = null
): string => {
  const cells = cellsOf(rows)
  return (fits(head, rows, width) ? columns(head, cells) : blocks(head, cells)).join("\n")
}

/** `name  value` lines, the names aligned; lines without a value are left out. */
export const fields = (entries: ReadonlyArray<readonly [string, string | null]>, indent = "  "): string => {
  const shown = entries.flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, value] as const]))
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${indent}${name.padEnd(width)}  ${oneLine(instants(value))}`).join("\n")
}
