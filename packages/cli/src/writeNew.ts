/** Files that a command writes for people to edit: never over one that is there. */
import { writeFile } from "node:fs/promises"
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { BadUsage, FileFailed } from "./errors.ts"

interface Advice {
  /** What to do where it is there already: `edit it, or name another file with --config <file>`. */
  readonly elsewhere: string
  /** What to do where it may not be written. */
  readonly denied: string
}

/** Why a file or folder could not be made, as an error for people. */
export const notWritten =
  (file: string, { elsewhere, denied }: Advice) =>
  (cause: unknown) =>
    Predicate.hasProperty(cause, "code") && cause.code === "EEXIST"
      ? new BadUsage({ reason: `${file} is there already and was not touched`, next: elsewhere })
      : new FileFailed({
          path: file,
          reason: `it cannot be written: ${messageOf(cause)}`,
          next: denied
        })

/** @param mode permission bits. */
export const writeNew = (file: string, content: string, mode: number, advice: Advice) =>
  Effect.tryPromise({
    try: () => writeFile(file, content, { flag: "wx", mode }),
    catch: notWritten(file, advice)
  })
