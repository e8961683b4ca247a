import * as Schema from "effect/Schema"

/** What prevents that a tree is removed, if the operator can change it. */
export class CannotRemove extends Schema.TaggedError<CannotRemove>()("CannotRemove", {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}
