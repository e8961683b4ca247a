/** Errors of a configuration file. A message never contains a value that may be secret (LAW-12). */
import * as Schema from "effect/Schema"
import { advise, nextText } from "../domain/Next.ts"

/** One problem in the file, in one sentence: the value found and the values allowed. */
export const ConfigFault = Schema.Struct({
  line: Schema.Int,
  column: Schema.Int,
  /** The app that it concerns; null: the whole file. */
  app: Schema.NullOr(Schema.String),
  text: Schema.String
})
export type ConfigFault = typeof ConfigFault.Type

/** All problems of the file at once. Exit code 64. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", {
  file: Schema.String,
  problems: Schema.Array(ConfigFault)
}) {
  /** One line per problem, in the form that editors and terminals turn into links. */
  override get message() {
    return this.problems.map((p) => `${this.file}:${p.line}:${p.column}: ${p.text}`).join("\n")
  }
  get next(): string {
    return nextText(null, advise`correct ${this.file}, then run ${{ do: "Doctor" }}`)
  }
}

/** The named configuration file does not exist, or none was found in the default places. Exit code 64. */
export class ConfigMissing extends Schema.TaggedError<ConfigMissing>()("ConfigMissing", {
  looked: Schema.Array(Schema.String)
}) {
  override get message() {
    return `there is no configuration file: looked for ${this.looked.join(" and ")}`
  }
  get next(): string {
    return nextText(null, advise`run ${{ do: "Init" }} to write one, or give yours with --config <file>`)
  }
}

/** The configuration exists but cannot be read: no permission, a folder, not text. Exit code 64. */
export class ConfigUnreadable extends Schema.TaggedError<ConfigUnreadable>()("ConfigUnreadable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} cannot be read: ${this.reason}`
  }
  get next(): string {
    return `make ${this.file} a text file that this user may read`
  }
}

/** A command has to change the configuration, and cannot. */
export class ConfigUnwritable extends Schema.TaggedError<ConfigUnwritable>()("ConfigUnwritable", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file} cannot be changed: ${this.reason}`
  }
  get next(): string {
    return `change ${this.file} yourself, then run the same command again`
  }
}
