/** A release's `Procfile`: `name: command` per line, comments and blank lines between. Pure. */
import * as Result from "effect/Result"

export interface ProcfileEntry {
  readonly name: string
  /** For `sh -c`. */
  readonly command: string
}

const line = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62}):\s*(.+)$/

/** @returns the entries in the file's order; the failure names the line. */
export const parseProcfile = (text: string): Result.Result<ReadonlyArray<ProcfileEntry>, string> => {
  const entries: Array<ProcfileEntry> = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const trimmed = raw.trim()
    if (trimmed === "" || trimmed.startsWith("#")) continue
    const match = line.exec(trimmed)
    if (match === null) {
      return Result.fail(`Procfile:${index + 1}: expected \`name: command\`, found \`${trimmed.slice(0, 60)}\``)
    }
    const [, name = "", command = ""] = match
    if (entries.some((e) => e.name === name)) return Result.fail(`Procfile:${index + 1}: \`${name}\` is there twice`)
    entries.push({ name, command })
  }
  return entries.length === 0
    ? Result.fail("Procfile: it names no process; expected lines such as `web: ./server`")
    : Result.succeed(entries)
}
