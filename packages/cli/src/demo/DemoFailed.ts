import * as Schema from "effect/Schema"

/** A claim of the demo does not hold, or could not be checked. Exit code 1. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", {
  claim: Schema.String,
  expected: Schema.String,
  seen: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `this claim does not hold: ${this.claim} (expected ${this.expected}, found ${this.seen})`
  }
}
