/** A recorded reason, with the app's own log lines apart: the cause of a failure is usually among them. Pure. */

export interface Reason {
  readonly what: string
  /** `service | text`: error lines of failing services first. */
  readonly lines: ReadonlyArray<string>
}

/** `engine/steps/lastLogLines.ts` writes it. */
const mark = "; last log lines: "

export const reasonOf = (why: string): Reason => {
  const at = why.indexOf(mark)
  if (at === -1) return { what: why, lines: [] }
  return { what: why.slice(0, at), lines: why.slice(at + mark.length).split(/; (?=\S+ \| )/) }
}
