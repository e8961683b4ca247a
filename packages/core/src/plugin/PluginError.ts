/** Why an app cannot be worked on with its plugin. Only the apps that the plugin serves are disabled; others go on. */
import * as Schema from "effect/Schema"

/** The plugin itself is no good. Going on without it would judge health by less, and keep other data, than was meant. */
export class PluginBroken extends Schema.TaggedError<PluginBroken>()("PluginBroken", {
  /** As written in the configuration. */
  plugin: Schema.String,
  /** Absolute path; null: no file was found. */
  file: Schema.NullOr(Schema.String),
  /** The recipe that it is for; null: it cannot say, and its name proves nothing. */
  recipe: Schema.NullOr(Schema.String),
  /** false: somebody else could have written it (LAW-17), and what runs of it is left too. */
  isTrusted: Schema.Boolean,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `plugin ${this.plugin}${this.file === null || this.file === this.plugin ? "" : ` (${this.file})`}: ${this.reason}`
  }
}

/** The app's `settings:` are not what its plugin takes. */
export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", {
  app: Schema.String,
  plugin: Schema.NullOr(Schema.String),
  /** `file:line:column` of the settings, or the app's name where it has none. */
  at: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.at}: settings of ${this.app}: ${this.problems.join("; ")}`
  }
  get next(): string {
    return this.plugin === null
      ? "remove the settings, or list the plugin that takes them under plugins"
      : `correct the settings; what they may be is said by the plugin ${this.plugin}`
  }
}
