/** A typed error as one sentence and a remedy, for the command and for the HTTP API. */
import * as Predicate from "effect/Predicate"

/** A failure as it is printed; `--json` prints it as `{ "error": … }`. */
export interface Failure {
  readonly tag: string
  readonly message: string
  readonly next: string
}

export interface Tagged {
  readonly _tag: string
}

/** Remedies for errors without one. */
const nexts: Readonly<Record<string, string>> = {
  VersionConflict: "run it again",
  PlatformError: "check the permissions and the disk, then run it again"
}

const textOf = (error: unknown, field: string): string =>
  Predicate.hasProperty(error, field) && typeof error[field] === "string" ? error[field] : ""

/** A typed error, with its own message and remedy. */
export const failureOf = (error: Tagged): Failure => ({
  tag: error._tag,
  message: textOf(error, "message") || error._tag,
  next: textOf(error, "next") || (nexts[error._tag] ?? "")
})

/** Whether the same call may succeed a little later: another process works on the app, or keeps the log busy. */
export const isBusy = (error: Tagged): boolean =>
  ["Locked", "VersionConflict"].includes(error._tag) || (Predicate.hasProperty(error, "busy") && error.busy === true)
