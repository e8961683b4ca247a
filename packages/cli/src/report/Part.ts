/** One thing that a report holds. What cannot be made is told in its place: a report has to work where lastgood does not. */
import { redact } from "@lastgood/core/secrets/Redact"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { endOf } from "../failure.ts"

/** What a part is made of; null: nothing came of it. `trouble`: why it is not whole. */
export interface Content {
  readonly text: string | null
  readonly trouble?: string | undefined
}

export interface Part {
  /** The file in the bundle. */
  readonly file: string
  /** What is in it, for people. */
  readonly what: string
  /** null: it could not be made. */
  readonly text: string | null
  /** Why it could not be made, or is not whole; null: it is. */
  readonly trouble: string | null
}

/** A volume may be large, and an engine may hang. */
const deadline = "3 minutes"

/** A defect with where it happened: it may be what the report is about. */
const troubleOf = (cause: Cause.Cause<unknown>): string => {
  const { failure } = endOf(cause)
  const told = failure === null ? "it was interrupted" : `${failure.message}\nnext: ${failure.next}`
  return Cause.hasDies(cause) ? `${told}\n\n${Cause.pretty(cause)}` : told
}

/** @param secrets are taken out of the trouble; `content` has to be without them. */
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

/** `doctor.txt` that could not be made is `doctor.failed.txt`. */
export const failedFile = (file: string): string => file.replace(/\.\w+$/, ".failed.txt")
