/** A call into the process of a plugin that came to nothing: what the plugin threw, or how its process ended. */
import * as Schema from "effect/Schema"

export class PluginFault extends Schema.TaggedError<PluginFault>()("PluginFault", {
  reason: Schema.String,
  /** The plugin threw it; otherwise its process ended. */
  threw: Schema.Boolean,
  /** Node's name for an error, such as `ERR_MODULE_NOT_FOUND`; empty: it has none. */
  code: Schema.String,
  /** What the operator does, where that is not to correct the plugin. */
  next: Schema.NullOr(Schema.String),
  /** `file:line:column` of what cannot be read as code; null: that was not it. */
  at: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return this.reason
  }
}

export const fault = (reason: string, threw = false): PluginFault =>
  new PluginFault({ reason, threw, code: "", next: null, at: null })
