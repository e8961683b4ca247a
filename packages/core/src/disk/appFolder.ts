/** An app's folder under the root as a whole: each operation is one rename, which is on disk when it returns (LAW-4). */
import { rm, rmdir } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { exists, namesIn, rename } from "./Durable.ts"
import { type IoFailed, io } from "./io.ts"

export { exists, namesIn }

const claim = "claim"

/** No app can have this name. lastgood never reads what is in it. */
export const trashOf = (folder: string): string => join(dirname(folder), `.trash-${basename(folder)}`)

/** What is left of a folder that is deleted; null: nothing. */
export const leftOf = (folder: string): Effect.Effect<string | null, IoFailed> =>
  Effect.gen(function* () {
    const trash = trashOf(folder)
    if (yield* exists(trash)) return trash
    return (yield* exists(folder)) ? folder : null
  })

/** Whether there is something in the folder but a claim, which a process that looks for the app makes. */
export const holdsFiles = (folder: string): Effect.Effect<boolean, IoFailed> =>
  Effect.map(namesIn(folder), (names) => names.some((name) => name !== claim))

/** Removes a folder that has no files but a claim. The caller holds that claim. */
const removeEmpty = async (folder: string): Promise<void> => {
  await rm(join(folder, claim), { force: true })
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? null : Promise.reject(error)))
}

/** Another process can make the folder again at any time, to wait for the claim. */
const tries = 20

/**
 * Moves the folder of an app, with its claim. The caller holds the claims on both names. Does nothing if it was moved
 * before.
 */
export const moveWithClaim = (from: string, to: string): Effect.Effect<void, IoFailed> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      if (yield* holdsFiles(from)) {
        yield* io("remove", to, () => removeEmpty(to)).pipe(
          Effect.andThen(moveFolder(from, to)),
          Effect.retry({ times: tries, while: ({ code }) => ["ENOTEMPTY", "EEXIST"].includes(code) })
        )
        return
      }
      yield* io("remove", from, () => removeEmpty(from)).pipe(
        Effect.retry({ times: tries, while: ({ code }) => code === "ENOTEMPTY" })
      )
    })
  )

/** Fails if there is something in the new place, other than an empty folder. */
export const moveFolder = (from: string, to: string): Effect.Effect<void, IoFailed> =>
  Effect.uninterruptible(rename(from, to))
