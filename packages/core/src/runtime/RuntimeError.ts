/** Errors of the Runtime port. */
import * as Schema from "effect/Schema"

/** The runtime cannot be used at all: not installed, not running, not a swarm, no permission. */
export class RuntimeUnavailable extends Schema.TaggedError<RuntimeUnavailable>()("RuntimeUnavailable", {
  runtime: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `the ${this.runtime} runtime cannot be used: ${this.reason}`
  }
}

/** One operation on an app failed. `reason` is the tool's own message, without secrets. */
export class RuntimeFailed extends Schema.TaggedError<RuntimeFailed>()("RuntimeFailed", {
  app: Schema.String,
  operation: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.operation} of ${this.app} failed: ${this.reason}`
  }
}

/** The release cannot be deployed: no compose file, no Procfile, syntax errors, missing variables. */
export class InvalidRelease extends Schema.TaggedError<InvalidRelease>()("InvalidRelease", {
  app: Schema.String,
  version: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `version ${this.version} of ${this.app} cannot be deployed: ${this.reason}`
  }
}

/** Something can still write to the app's volumes. `left` names each service, container, process or network. */
export class NotQuiet extends Schema.TaggedError<NotQuiet>()("NotQuiet", {
  app: Schema.String,
  left: Schema.Array(Schema.String),
  waitedMs: Schema.Number
}) {
  override get message() {
    return `${this.app} is not down after ${Math.round(this.waitedMs / 1000)} s, remaining: ${this.left.join(", ")}`
  }
}

export type RuntimeError = RuntimeUnavailable | RuntimeFailed
