import * as Schema from "effect/Schema"

/** Something that the demo claims does not hold, or could not be looked at. Exit code 1. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", {
  claim: Schema.String,
  expected: Schema.String,
  seen: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `this does not hold: ${this.claim} (expected ${this.expected}, seen ${this.seen})`
  }
}
