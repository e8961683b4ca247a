/** A release's `Procfile`: lines of `name: command`, with comments and blank lines. Pure. */
import * as Result from "effect/Result"

export interface ProcfileEntry {
  readonly name: string
  /** For `sh -c`: quotes are the shell's. */
  readonly command: string
  /** Its line in the file, from 1. */
  readonly line: number
}

/** The name is used in the name of the log and in a variable's value. */
const pattern = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62}):(.*)$/s

/** Each process is started separately, and a shell checks its syntax. */
const entriesAtMost = 100

/** @returns the entries in the order of the file; the failure names the line. */
export const parseProcfile = (text: string): Result.Result<ReadonlyArray<ProcfileEntry>, string> => {
  const entries: Array<ProcfileEntry> = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    const trimmed = raw.trim()
    if (trimmed === "" || trimmed.startsWith("#")) continue
    const match = pattern.exec(trimmed)
    const [, name = "", rest = ""] = match ?? []
    const command = rest.trim()
    if (command === "" || trimmed.includes("\0")) {
      // The line is not quoted: a command may contain a secret (LAW-12).
      return Result.fail(`Procfile:${line}: expected \`name: command\` (the name of a-z, A-Z, 0-9, _ and -)`)
    }
    const first = entries.find((entry) => entry.name === name)
    if (first !== undefined) {
      return Result.fail(`Procfile:${line}: \`${name}\` is defined twice, first on line ${first.line}`)
    }
    entries.push({ name, command, line })
    if (entries.length > entriesAtMost) {
      return Result.fail(`Procfile:${line}: it defines more than ${entriesAtMost} processes`)
    }
  }
  return entries.length === 0
    ? Result.fail("Procfile: it defines no process; expected lines such as `web: ./server`")
    : Result.succeed(entries)
}
