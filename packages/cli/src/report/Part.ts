/** One file of a report. A report has to work if lastgood does not, so a part that fails is replaced by its error. */
import { redact } from "@lastgood/core/secrets/Redact"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { endOf } from "../failure.ts"

/** The content of a part; null: it could not be made. `trouble`: why it is incomplete. */
export interface Content {
  readonly text: string | null
  readonly trouble?: string | undefined
}

export interface Part {
  /** The file in the bundle. */
  readonly file: string
  /** A description of its content. */
  readonly what: string
  /** null: it could not be made. */
  readonly text: string | null
  /** Why it could not be made or is incomplete; null: it is complete. */
  readonly trouble: string | null
}

/** Time limit of a part, because a volume may be large and an engine may hang. */
const deadline = "3 minutes"

/** An error as text. A defect includes its stack, because the report may be about it. */
const troubleOf = (cause: Cause.Cause<unknown>): string => {
  const { failure } = endOf(cause)
  const told = failure === null ? "it was interrupted" : `${failure.message}\nnext: ${failure.next}`
  return Cause.hasDies(cause) ? `${told}\n\n${Cause.pretty(cause)}` : told
}

/** @param secrets removed from the trouble. `content` must not contain them. */
export const makePart = <E, R>(
  file: string,
  what: string,
  secrets: ReadonlyArray<string>,
  content: Effect.Effect<Content, E, R>
): Effect.Effect<Part, never, R> =>
  content.pipe(
    Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.succeed<Content>({ text: null, trouble: `timed out after ${deadline}` })
    }),
    Effect.exit,
    Effect.map((exit) => {
      const { text, trouble } = Exit.isSuccess(exit) ? exit.value : { text: null, trouble: troubleOf(exit.cause) }
      return { file, what, text, trouble: trouble === undefined ? null : redact(trouble, secrets) }
    })
  )

/** The file with the error of a part: `doctor.failed.txt` for `doctor.txt`. */
export const failedFile = (file: string): string => file.replace(/\.\w+$/, ".failed.txt")
