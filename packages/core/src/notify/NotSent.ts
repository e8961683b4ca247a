/** Why an adapter could not send a message, before the sink's name is known. The reason may still contain secrets. */
import * as Data from "effect/Data"

export class NotSent extends Data.TaggedError("NotSent")<{
  readonly reason: string
  readonly retryAfterMs?: number
  readonly isAboutMessage?: boolean
}> {}
