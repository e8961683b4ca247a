/** Turns any failure of a command into one sentence, a remedy and the exit code. Never a stack trace. */
import { type Failure, failureOf, type Tagged } from "@lastgood/reconciler/failureOf"
import * as Cause from "effect/Cause"
import type * as CliError from "effect/cli/CliError"
import * as Predicate from "effect/Predicate"
import { RefusedByDaemon } from "./daemon/errors.ts"
import { ExitCode, ofError } from "./exitCode.ts"
import { instants, oneLine, visible } from "./render/format.ts"

export type { Failure, Tagged }

/** `failure` null: everything is printed already. */
export interface End {
  readonly code: ExitCode
  readonly failure: Failure | null
}

const isTagged = (error: unknown): error is Tagged =>
  Predicate.hasProperty(error, "_tag") && typeof error._tag === "string"

/** A typed error, with its exit code. */
export const endOfError = (error: Tagged): { readonly code: ExitCode; readonly failure: Failure } => {
  const failure = failureOf(error)
  const tag = error instanceof RefusedByDaemon ? error.tag : error._tag
  const busy = Predicate.hasProperty(error, "busy") && error.busy === true
  return { code: ofError({ _tag: tag, busy }), failure: { ...failure, tag } }
}

const isHelp = (error: Tagged): error is CliError.ShowHelp => error._tag === "ShowHelp"

/** effect/cli puts a suggestion on lines of its own, and says twice that it expected something. */
const sentencesOf = (message: string): string => {
  const [what = "", suggestions] = message
    .replace("Expected: Schema validation failed: Expected ", "Expected ")
    .split(/\s+Did you mean this\?\s+/)
  return suggestions === undefined ? what : `${what}. Did you mean ${suggestions.split(/\s+/).join(" or ")}?`
}

/** Wrong usage: the message of effect/cli and the command for help. `lastgood` without arguments prints the help. */
const ofUsage = (error: CliError.ShowHelp): End => {
  const [first] = error.errors
  if (first === undefined) return { code: ExitCode.done, failure: null }
  return {
    code: ExitCode.usage,
    failure: {
      tag: first._tag,
      message: oneLine(error.errors.map((e) => sentencesOf(e.message)).join("; ")),
      next: `${error.commandPath.join(" ")} --help`
    }
  }
}

const ofBug = (defect: unknown): End => {
  const cause = defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect)
  return {
    code: ExitCode.error,
    failure: {
      tag: "Bug",
      message: `this is a bug in lastgood: ${cause.split("\n")[0] ?? ""}`,
      next: "run lastgood report, read the file that it writes, and send it with this line and the command"
    }
  }
}

export const endOf = (cause: Cause.Cause<unknown>): End => {
  const error = cause.reasons.find(Cause.isFailReason)?.error
  const defect = cause.reasons.find(Cause.isDieReason)
  if (error === undefined) {
    return defect === undefined ? { code: ExitCode.interrupted, failure: null } : ofBug(defect.defect)
  }
  if (!isTagged(error)) return ofBug(error)
  if (isHelp(error)) return ofUsage(error)
  return error._tag === "Ended" && Predicate.hasProperty(error, "code")
    ? { code: codeOf(error.code), failure: null }
    : endOfError(error)
}

const codeOf = (code: unknown): ExitCode => Object.values(ExitCode).find((known) => known === code) ?? ExitCode.error

export const failureText = ({ message, next }: Pick<Failure, "message" | "next">): string =>
  `lastgood: ${visible(instants(message))}${next === "" ? "" : `\nnext: ${visible(next)}`}`
