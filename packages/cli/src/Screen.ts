/**
 * Output. Results go to standard output, and nothing else does (`--json` and pipes rely on it). Timeline, progress and
 * warnings go to standard error. Progress is one line that is rewritten; without a terminal, a line every 10 s.
 */
import type { Progress } from "@lastgood/core/process/Progress"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { fold } from "./render/fold.ts"
import { oneLine, visible, visibleJson } from "./render/format.ts"
import { type Mark, progressLine } from "./render/progress.ts"

/** Standard error, from the platform. */
export interface StandardError {
  readonly write: (text: string) => void
  /** Columns of the terminal; null: it is not a terminal. */
  readonly columns: () => number | null
}

export const StandardError = Context.Reference<StandardError>("lastgood/cli/StandardError", {
  defaultValue: () => ({ write: () => undefined, columns: () => null })
})

/** Columns of the terminal that reads standard output, from the platform; null: it is not a terminal. */
export const Columns = Context.Reference<number | null>("lastgood/cli/Columns", { defaultValue: () => null })

/** Prints a result, folded to the terminal. Without a terminal, each line stays as it is. */
export const print = (text: string): Effect.Effect<void> =>
  text === "" ? Effect.void : Effect.flatMap(Columns, (columns) => Console.log(fold(text, columns)))
export const printJson = (value: unknown): Effect.Effect<void> =>
  Console.log(visibleJson(JSON.stringify(value, null, 2)))

export interface Screen {
  /** Prints a line of the timeline, except with `--quiet`. */
  readonly note: (line: string) => void
  /** Prints a line, also with `--quiet`. */
  readonly warn: (line: string) => void
  readonly progress: Progress
}

const eraseLine = "\r\u001B[K"

const lineEveryMs = 10_000

/** @param isLog a program reads it: no progress without a terminal. */
export const makeScreen = ({ columns, write }: StandardError, quiet: boolean, isLog = false): Screen => {
  let drawn = false
  let mark: Mark | null = null
  /** When the last line of progress without a terminal was due. */
  let told = 0

  const erased = (): string => {
    const text = drawn ? eraseLine : ""
    drawn = false
    return text
  }
  const warn = (line: string): void => write(`${erased()}${fold(visible(line), columns())}\n`)

  const draw = (what: string, done: number, total: number, now: number): void => {
    const width = columns()
    if (width === null && isLog) return
    if (total > 0 && done === total) {
      mark = null
      write(erased())
      return
    }
    if (mark === null || mark.what !== what) {
      mark = { what, since: now, from: done }
      told = now
    }
    if (width === null) {
      if (now - told < lineEveryMs) return
      told = now
      write(`${oneLine(progressLine(mark, done, total, now))}\n`)
      return
    }
    const line = oneLine(progressLine(mark, done, total, now)).slice(0, Math.max(0, width - 1))
    drawn = true
    write(`${eraseLine}${line}`)
  }

  return {
    note: quiet ? () => undefined : warn,
    warn,
    progress: {
      bytes: (what, done, total) =>
        quiet ? Effect.void : Effect.map(Clock.currentTimeMillis, (now) => draw(what, done, total, now))
    }
  }
}
