import * as Schema from "effect/Schema"

/**
 * A request to a registry failed. LAW-12: it contains neither credentials nor tokens.
 *
 * - `away`: it cannot be reached or reports an internal error, and may answer later.
 * - `busy`: it limits the rate of requests (429); `retryAfterMs`: the pause that it asks for.
 * - `denied`: it requires other credentials.
 * - `missing`: the image, tag or digest does not exist.
 * - `invalid`: its answer cannot be used.
 */
export class RegistryError extends Schema.TaggedError<RegistryError>()("RegistryError", {
  /** The repository, in short form. */
  image: Schema.String,
  kind: Schema.Literals(["away", "busy", "denied", "missing", "invalid"]),
  reason: Schema.String,
  next: Schema.String,
  retryAfterMs: Schema.optionalKey(Schema.Number)
}) {
  override get message() {
    return `registry of ${this.image}: ${this.reason}`
  }
}
