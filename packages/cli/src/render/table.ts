/** Aligned columns. Pure. */
import { instants, oneLine } from "./format.ts"

/** @param rows cells as text; an empty one is shown as `-`. The last column is not padded. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = rows.map((row) => row.map((cell) => (cell === "" ? "-" : oneLine(cell))))
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd()
  return [head.map((title) => title.toUpperCase()), ...cells].map(line).join("\n")
}

/** `name  value` lines, the names aligned; lines without a value are left out. */
export const fields = (entries: ReadonlyArray<readonly [string, string | null]>, indent = "  "): string => {
  const shown = entries.flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, value] as const]))
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${indent}${name.padEnd(width)}  ${oneLine(instants(value))}`).join("\n")
}
