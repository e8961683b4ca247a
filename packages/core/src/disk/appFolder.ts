/** An app's folder under the root as a whole: each operation is one rename, which is on disk when it returns (LAW-4). */
import { lstat, readdir, rename } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { syncFolder } from "./inPlace.ts"
import { type IoFailed, io } from "./io.ts"

/** No app can have this name. lastgood never reads what is in it. */
export const trashOf = (folder: string): string => join(dirname(folder), `.trash-${basename(folder)}`)

/** A link counts too. */
export const isThere = (folder: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    lstat(folder).then(
      () => true,
      () => false
    )
  )

/** The names in a folder; none if it does not exist. */
export const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>, IoFailed> =>
  io("read", folder, () =>
    readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [] : Promise.reject(error)))
  )

/** Fails if there is something in the new place, other than an empty folder. */
export const moveFolder = (from: string, to: string): Effect.Effect<void, IoFailed> =>
  Effect.uninterruptible(
    io("rename", `${from} to ${to}`, async () => {
      await rename(from, to)
      await syncFolder(dirname(to))
    })
  )
