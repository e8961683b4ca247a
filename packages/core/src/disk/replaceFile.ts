/** Files that are whole, old or new, whenever the power fails. Fails with Node's own error. */
import * as Effect from "effect/Effect"
import { asError } from "../domain/messageOf.ts"
import { putInPlace, syncFolder } from "./inPlace.ts"

/** What was renamed, made or removed in a folder stays so after a power loss. */
export const syncedFolder = (path: string): Effect.Effect<void, Error> =>
  Effect.tryPromise({ try: () => syncFolder(path), catch: asError })

/**
 * Not interrupted half way: the rest would go on behind the next writer's back.
 *
 * @param mode permissions of the file, whatever it had before and whatever the umask is.
 */
export const replaceFile = (path: string, content: string | Uint8Array, mode: number): Effect.Effect<void, Error> =>
  Effect.uninterruptible(Effect.tryPromise({ try: () => putInPlace(path, content, mode), catch: asError }))
