/**
 * The mark beside an app's data says whose hand it was last in (LAW-15, LAW-16). The log knows which marks the data may
 * bear: an intent adds one, since a kill or a failure may come before or after it was written; evidence leaves one. Pure.
 */
import type { Attempt } from "./Attempt.ts"
import type { AppState } from "./State.ts"

/** What the data bears from a step of this attempt on. */
export const markOf = ({ direction, id }: Attempt): string => (direction === "back" ? `${id}/back` : id)

const ended = "/ended"

/** What it bears once the attempt is past its gate: what it did is used from then on. */
export const endedMark = (mark: string): string => `${mark}${ended}`

export const isEndedMark = (mark: string): boolean => mark.endsWith(ended)

/** Did this attempt have the data in its hand? */
export const isMarkedBy = ({ marks }: AppState, attempt: Attempt | null): boolean =>
  attempt !== null && marks.includes(markOf(attempt))

/** The attempt in flight is about to mark the data. */
export const willMark = (state: AppState): AppState => {
  const { attempt, marks } = state
  if (attempt === null || isMarkedBy(state, attempt)) return state
  return { ...state, marks: [...marks, markOf(attempt)] }
}

/** It is about to mark it as used from now on, if the data was in its hand. */
export const willMarkEnded = (state: AppState): AppState => {
  const { attempt, marks } = state
  if (attempt === null || !isMarkedBy(state, attempt)) return state
  const mark = endedMark(markOf(attempt))
  return marks.includes(mark) ? state : { ...state, marks: [...marks, mark] }
}

/** More would only be of data that somebody brought back from long ago; what is not known is taken for newer. */
const mostPast = 200

/** The attempt in flight has marked the data. */
export const hasMarked = (state: AppState): AppState => {
  const { attempt, marks, pastMarks } = state
  if (attempt === null) return state
  const mark = markOf(attempt)
  const past = [...pastMarks, ...marks.filter((one) => one !== mark && !pastMarks.includes(one))]
  return { ...state, marks: [mark], isMarked: true, pastMarks: past.slice(-mostPast) }
}
