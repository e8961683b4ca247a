/**
 * The position of a syntax error. Node puts it above the error's stack, or prints it when the error ends the process:
 *
 *     file:///c/a.mjs:3
 *       x y
 *         ^
 *
 * Deno says it in the message: `at file:///c/a.mjs:3:5`.
 */
import { fileURLToPath } from "node:url"

const pathOf = (text: string): string => {
  if (!text.startsWith("file:")) return text
  try {
    return fileURLToPath(text)
  } catch {
    return text
  }
}

const ofNode = /^((?:file:\/\/)?\/[^\n]{1,4096}):(\d{1,9})\n((?:[^\n]*\n){1,4})/
const ofDeno = /(?:^|\n| )at (file:\/\/\/[^\s]{1,4096}):(\d{1,9}):(\d{1,9})/

const columnIn = (lines: string): number | null => {
  const caret = lines.split("\n").find((line) => /^\s*\^+\s*$/.test(line))
  return caret === undefined ? null : caret.indexOf("^") + 1
}

/** @returns `file:line:column`, or null. */
export const positionIn = (text: string): string | null => {
  const node = ofNode.exec(text)
  if (node !== null) {
    const column = columnIn(node[3] ?? "")
    return `${pathOf(node[1] ?? "")}:${node[2]}${column === null ? "" : `:${column}`}`
  }
  const deno = ofDeno.exec(text)
  return deno === null ? null : `${pathOf(deno[1] ?? "")}:${deno[2]}:${deno[3]}`
}
