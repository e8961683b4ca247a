/** Errors of plugins. Only the apps that a broken plugin serves are disabled; other apps are not affected. */
import * as Schema from "effect/Schema"

/** The plugin is broken. Without it, an app would have fewer health checks and other filters than intended. */
export class PluginBroken extends Schema.TaggedError<PluginBroken>()("PluginBroken", {
  /** As written in the configuration. */
  plugin: Schema.String,
  /** Absolute path; null: no file was found. */
  file: Schema.NullOr(Schema.String),
  /** The recipe that it is for; null: unknown, because the plugin cannot say and its name proves nothing. */
  recipe: Schema.NullOr(Schema.String),
  /** false: another user could have written it (LAW-17), so its running processes are not used either. */
  isTrusted: Schema.Boolean,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin}${this.file === null || this.file === this.plugin ? "" : ` (${this.file})`}: ${this.reason}`
  }
}

/** The plugin does not accept the app's `settings:`. */
export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", {
  app: Schema.String,
  plugin: Schema.NullOr(Schema.String),
  /** `file:line:column` of the settings, or the app's name if it has none. */
  at: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.at}: settings of ${this.app}: ${this.problems.join("; ")}`
  }
  get next(): string {
    return this.plugin === null
      ? "remove the settings, or list their plugin under plugins"
      : `correct the settings as the plugin ${this.plugin} requires`
  }
}
