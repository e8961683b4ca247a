import * as Schema from "effect/Schema"

/** Something prevents the daemon from serving HTTP. It is said once and tried again; the apps are watched all the same. */
export class HttpTrouble extends Schema.TaggedError<HttpTrouble>()("HttpTrouble", {
  what: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.what
  }
}
