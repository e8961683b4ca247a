/**
 * The mark beside an app's data names the attempt that last used it (LAW-15, LAW-16). The log knows which marks the data
 * may have: an intent adds one, since a kill may come before or after it is written; evidence leaves only one. Pure.
 */
import type { Attempt } from "./Attempt.ts"
import type { AppState } from "./State.ts"

/** The mark of an attempt. */
export const markOf = ({ direction, id }: Attempt): string => (direction === "back" ? `${id}/back` : id)

const ended = "/ended"

/** The mark once the attempt's health gate is over and the app uses the data. */
export const endedMark = (mark: string): string => `${mark}${ended}`

export const isEndedMark = (mark: string): boolean => mark.endsWith(ended)

/** Whether this attempt has marked the data. */
export const isMarkedBy = ({ marks }: AppState, attempt: Attempt | null): boolean =>
  attempt !== null && marks.includes(markOf(attempt))

/** The attempt in flight is about to mark the data. */
export const willMark = (state: AppState): AppState => {
  const { attempt, marks } = state
  if (attempt === null || isMarkedBy(state, attempt)) return state
  return { ...state, marks: [...marks, markOf(attempt)] }
}

/** The attempt in flight is about to write its ended mark, if it has marked the data. */
export const willMarkEnded = (state: AppState): AppState => {
  const { attempt, marks } = state
  if (attempt === null || !isMarkedBy(state, attempt)) return state
  const mark = endedMark(markOf(attempt))
  return marks.includes(mark) ? state : { ...state, marks: [...marks, mark] }
}

/** Older marks would matter only for data brought back from long ago. An unknown mark counts as newer than the log. */
const mostPast = 200

/** Compares the last characters first: a mark is in few of the comparisons that a long log takes, and most end alike. */
const isIn = (marks: ReadonlyArray<string>, mark: string): boolean => {
  const last = mark.charCodeAt(mark.length - 1)
  return marks.some((one) => one.charCodeAt(one.length - 1) === last && one === mark)
}

/** The attempt in flight has marked the data. */
export const hasMarked = (state: AppState): AppState => {
  const { attempt, marks, pastMarks } = state
  if (attempt === null) return state
  const mark = markOf(attempt)
  if (state.isMarked && marks.length === 1 && marks[0] === mark) return state
  const left = marks.filter((one) => one !== mark && !isIn(pastMarks, one))
  const past = left.length === 0 ? pastMarks : [...pastMarks, ...left].slice(-mostPast)
  return { ...state, marks: [mark], isMarked: true, pastMarks: past }
}
