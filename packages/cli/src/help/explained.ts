/** Describes a command in its help: what it does, examples of it, and its exit codes. Every command has all three. */

import * as Context from "effect/Context"
import * as Command from "effect/cli/Command"
import type * as HelpDoc from "effect/cli/HelpDoc"
import type { ExitCode } from "../exitCode.ts"

/** What an exit code means at this command. */
export type Exits = ReadonlyArray<readonly [code: ExitCode, meaning: string]>

const usage = [64, "wrong usage or configuration"] as const
const interrupted = [130, "interrupted"] as const

/** Commands that read. */
export const reads: Exits = [[0, "done"], [1, "the root, the log or the app could not be read"], usage, interrupted]

/** Commands that begin an attempt. */
export const acts: Exits = [
  [0, "done, or nothing to do"],
  [1, "error: the command does not apply now, or a tool or the engine failed"],
  [3, "failed, rolled back and recovered: version and data are as before, and the app is healthy"],
  [4, "rolled back but not healthy, or left down on purpose: act now"],
  [5, "held or refused by a gate; the app was not touched"],
  usage,
  [75, "another lastgood works on the app: try again later, or use --wait"],
  interrupted
]

/** Commands that record an operator's decision. They first finish an attempt that was interrupted. */
export const records: Exits = [
  [0, "recorded, or nothing to record"],
  [1, "error: the decision does not apply now"],
  [3, "recorded; an interrupted attempt was finished first, and was rolled back"],
  [4, "recorded; an interrupted attempt was finished first, and the app is not healthy"],
  usage,
  [75, "another lastgood works on the app: try again later, or use --wait"],
  interrupted
]

/** Commands that write a file. */
export const writes: Exits = [[0, "written"], [1, "the file could not be written"], usage, interrupted]

/** `base`, with other meanings or more codes, in the order of the codes. */
export const exits = (base: Exits, own: Exits): Exits =>
  [...base.filter(([code]) => !own.some(([other]) => other === code)), ...own].sort(([a], [b]) => a - b)

const OfCommand = Context.Reference<Exits>("lastgood/cli/Exits", { defaultValue: () => [] })

export const exitsOf = ({ annotations }: HelpDoc.HelpDoc): Exits => Context.get(annotations, OfCommand)

export type Example = readonly [command: string, what: string]

/**
 * @param what the command does, one sentence; the first words are what a list of commands shows.
 * @param examples complete command lines that people would type.
 */
export const explained =
  (what: string, examples: readonly [Example, ...ReadonlyArray<Example>], codes: Exits) =>
  <Name extends string, Input, Ctx, E, R>(
    command: Command.Command<Name, Input, Ctx, E, R>
  ): Command.Command<Name, Input, Ctx, E, R> =>
    command.pipe(
      Command.withDescription(what),
      Command.withExamples(examples.map(([line, description]) => ({ command: line, description }))),
      Command.annotate(OfCommand, codes)
    )
