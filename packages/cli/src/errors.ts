/** Errors of the command line, and the end of a command that has printed its result. */
import { nearest } from "@lastgood/core/yaml/nearest"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import type { ExitCode } from "./exitCode.ts"

export class UnknownApp extends Schema.TaggedError<UnknownApp>()("UnknownApp", {
  app: Schema.String,
  known: Schema.Array(Schema.String),
  file: Schema.String
}) {
  override get message() {
    const known = this.known.length === 0 ? "it has none" : `it has ${this.known.join(", ")}`
    return `there is no app ${this.app} in ${this.file}: ${known}`
  }
  get next(): string {
    if (this.known.length === 0) return `add one under apps: in ${this.file}`
    const meant = nearest(this.app, this.known)
    return meant === null ? "name one of these" : `name one of these (did you mean ${meant}?)`
  }
}

export class BadUsage extends Schema.TaggedError<BadUsage>()("BadUsage", {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** A file or folder that could not be written or read, with the system's message. */
export class FileFailed extends Schema.TaggedError<FileFailed>()("FileFailed", {
  path: Schema.String,
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return `${this.path}: ${this.reason}`
  }
}

/** There is no dashboard to link to. */
export class NoDashboard extends Schema.TaggedError<NoDashboard>()("NoDashboard", {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** Not an error: the command has printed its result, and the process ends with this code. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: ExitCode }> {}

/** Nothing has the name that a command gives: a file in a snapshot, an attempt that set data aside. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}
