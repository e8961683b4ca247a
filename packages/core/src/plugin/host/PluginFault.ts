/** A failed call into the process of a plugin: the plugin threw, or its process ended. */
import * as Schema from "effect/Schema"

export class PluginFault extends Schema.TaggedError<PluginFault>()("PluginFault", {
  reason: Schema.String,
  /** true: the plugin threw; false: its process ended. */
  threw: Schema.Boolean,
  /** Node's error code, such as `ERR_MODULE_NOT_FOUND`; empty: none. */
  code: Schema.String,
  /** The remedy, if it is not to correct the plugin. */
  next: Schema.NullOr(Schema.String),
  /** `file:line:column` of a syntax error; null: it was another error. */
  at: Schema.NullOr(Schema.String)
}) {
  override get message() {
    return this.reason
  }
}

export const fault = (reason: string, threw = false): PluginFault =>
  new PluginFault({ reason, threw, code: "", next: null, at: null })
