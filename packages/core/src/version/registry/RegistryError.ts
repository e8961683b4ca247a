import * as Schema from "effect/Schema"

/**
 * A registry does not answer as it should. LAW-12: neither credentials nor tokens are in it.
 *
 * - `away`: it cannot be reached, or is in trouble: it may answer later.
 * - `busy`: it asks for patience (429); `retryAfterMs` is its own word on how long, where it has one.
 * - `denied`: it wants other credentials.
 * - `missing`: the image, the tag or the digest is not there.
 * - `invalid`: what it answers cannot be used.
 */
export class RegistryError extends Schema.TaggedError<RegistryError>()("RegistryError", {
  /** The repository, as people write it. */
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
