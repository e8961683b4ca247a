/** Files that have the old content or the new, whenever the power fails. Fails with Node's error. */
import * as Effect from "effect/Effect"
import { asError } from "../domain/messageOf.ts"
import { putInPlace, syncFolder } from "./inPlace.ts"

/** After this, a rename, a new file or a removal in a folder survives a power loss. */
export const syncedFolder = (path: string): Effect.Effect<void, Error> =>
  Effect.tryPromise({ try: () => syncFolder(path), catch: asError })

/**
 * Not interruptible: the write would continue in the background, beside the next writer.
 *
 * @param mode permissions of the file, whatever it had before and whatever the umask is.
 */
export const replaceFile = (path: string, content: string | Uint8Array, mode: number): Effect.Effect<void, Error> =>
  Effect.uninterruptible(Effect.tryPromise({ try: () => putInPlace(path, content, mode), catch: asError }))
