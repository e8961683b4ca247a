/** A recorded reason, with the app's own log lines apart: the cause of a failure is usually among them. Pure. */
import { beforeLogLines } from "@lastgood/core/engine/steps/lastLogLines"

export interface Reason {
  readonly what: string
  /** `service | text`: error lines of failing services first. */
  readonly lines: ReadonlyArray<string>
}

export const reasonOf = (why: string): Reason => {
  const at = why.indexOf(beforeLogLines)
  if (at === -1) return { what: why, lines: [] }
  return { what: why.slice(0, at), lines: why.slice(at + beforeLogLines.length).split(/; (?=\S+ \| )/) }
}
