/** How work through the daemon fails. */
import * as Schema from "effect/Schema"

/** A typed error of the daemon's engine. The command ends as if its own engine had failed. */
export class RefusedByDaemon extends Schema.TaggedError<RefusedByDaemon>()("RefusedByDaemon", {
  /** Of the engine's error. */
  tag: Schema.String,
  reason: Schema.String,
  next: Schema.String,
  busy: Schema.Boolean
}) {
  override get message() {
    return this.reason
  }
}

/** The daemon ended, or was killed, while it worked for a command. */
export class DaemonLost extends Schema.TaggedError<DaemonLost>()("DaemonLost", { app: Schema.String }) {
  override get message() {
    return `the daemon ended while it worked on ${this.app}: its next start finishes an attempt that had begun`
  }
  get next(): string {
    return `start the daemon (systemctl start lastgood), then run lastgood status ${this.app}`
  }
}
