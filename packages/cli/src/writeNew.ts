/** Writes files for people to edit. Never overwrites a file. */
import { lstat, writeFile } from "node:fs/promises"
import { messageOf } from "@lastgood/core/domain/messageOf"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { BadUsage, FileFailed } from "./errors.ts"

interface Advice {
  /** The remedy if the file exists: `edit it, or name another file with --config <file>`. */
  readonly elsewhere: string
  /** The remedy if it cannot be written. */
  readonly denied: string
}

/** The error for a file or folder that could not be created. */
export const notWritten =
  (file: string, { elsewhere, denied }: Advice) =>
  (cause: unknown) =>
    Predicate.hasProperty(cause, "code") && cause.code === "EEXIST"
      ? new BadUsage({ reason: `${file} already exists`, next: elsewhere })
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

/** Fails early if something is there already. `writeNew` decides. */
export const assertNew = (file: string, { elsewhere }: Advice) =>
  Effect.promise(() =>
    lstat(file).then(
      () => true,
      () => false
    )
  ).pipe(
    Effect.flatMap((isThere) =>
      isThere ? Effect.fail(new BadUsage({ reason: `${file} already exists`, next: elsewhere })) : Effect.void
    )
  )
