/** File operations of Node, with errors that name the operation and the path. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { messageOf } from "../domain/messageOf.ts"

/** A file operation that the kernel refused. `code` is the name of the errno, or `UNKNOWN`. */
export class IoFailed extends Schema.TaggedError<IoFailed>()("IoFailed", {
  operation: Schema.String,
  path: Schema.String,
  code: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot ${this.operation} ${this.path}: ${this.reason}`
  }
}

/**
 * Runs a file operation of Node. `operation` is a verb: the error reads `cannot <operation> <path>`. The signal aborts
 * long operations when the fiber ends.
 */
export const io = <A>(
  operation: string,
  path: string,
  run: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, IoFailed> =>
  Effect.tryPromise({
    try: run,
    catch: (cause) => {
      const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "UNKNOWN"
      return new IoFailed({ operation, path, code, reason: messageOf(cause) })
    }
  })
