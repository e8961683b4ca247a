/** Why an adapter could not send a message, before the sink's name and its secrets are known. */
import * as Data from "effect/Data"

export class NotSent extends Data.TaggedError("NotSent")<{
  /** lastgood's own words, without secrets; may be empty. */
  readonly reason: string
  /** What the server, the program or the system said. It may contain secrets. */
  readonly said: string
  readonly retryAfterMs?: number
  readonly isAboutMessage?: boolean
}> {}
