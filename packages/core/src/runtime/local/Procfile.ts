/** A release's `Procfile`: `name: command` per line, comments and blank lines between. Pure. */
import * as Result from "effect/Result"

export interface ProcfileEntry {
  readonly name: string
  /** For `sh -c`: quotes are the shell's. */
  readonly command: string
  /** Where it is in the file, from 1. */
  readonly line: number
}

/** The name becomes that of a log and of a variable's value. */
const pattern = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62}):\s*(.+)$/

/** @returns the entries in the file's order; the failure names the line. */
export const parseProcfile = (text: string): Result.Result<ReadonlyArray<ProcfileEntry>, string> => {
  const entries: Array<ProcfileEntry> = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === "" || trimmed.startsWith("#")) continue
    const match = pattern.exec(trimmed)
    if (match === null || trimmed.includes("\0")) {
      return Result.fail(`Procfile:${line}: expected \`name: command\`, found ${JSON.stringify(trimmed.slice(0, 60))}`)
    }
    const [, name = "", command = ""] = match
    const first = entries.find((entry) => entry.name === name)
    if (first !== undefined) {
      return Result.fail(`Procfile:${line}: \`${name}\` is there twice, the first time on line ${first.line}`)
    }
    entries.push({ name, command, line })
  }
  return entries.length === 0
    ? Result.fail("Procfile: it names no process; expected lines such as `web: ./server`")
    : Result.succeed(entries)
}
