/** Asks before a command destroys data: snapshots, volumes, data that was set aside. */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { BadUsage, Ended } from "./errors.ts"
import { ExitCode } from "./exitCode.ts"
import { visible } from "./render/format.ts"

/**
 * Asks a question on the terminal, from the platform.
 *
 * @returns the line that was typed; null: the input ended.
 */
export type Ask = (question: string) => Effect.Effect<string | null>

/** null: there is no terminal to ask on. */
export const Ask = Context.Reference<Ask | null>("lastgood/cli/Ask", { defaultValue: () => null })

const isYes = (answer: string | null): boolean => /^y(es)?$/i.test(answer?.trim() ?? "")

const nothingChanged = Console.error("lastgood: nothing was changed")

/**
 * Succeeds if the operator wants what `lines` say. Call it before the command takes the claim, because an answer takes its
 * time, and compare what it found with what is there once it has the claim.
 *
 * @param lines what will happen, first in one sentence and then by name: apps, snapshots, paths, sizes.
 * @param yes whether `--yes` was given: nothing is printed, and nobody is asked.
 * @returns fails with `BadUsage` (64) without a terminal, and ends with 130 if the answer is not yes.
 */
export const confirm = Effect.fn("Cli.confirm")(function* (lines: ReadonlyArray<string>, yes: boolean) {
  if (yes) return
  const ask = yield* Ask
  yield* Console.error(lines.map(visible).join("\n"))
  if (ask === null) {
    return yield* new BadUsage({
      reason: "this must be confirmed on a terminal; nothing was changed",
      next: "run the same command with --yes, or run it on a terminal"
    })
  }
  const answer = yield* ask("This cannot be undone. Continue? [y/N] ").pipe(Effect.onInterrupt(() => nothingChanged))
  if (isYes(answer)) return
  yield* nothingChanged
  return yield* new Ended({ code: ExitCode.interrupted })
})
