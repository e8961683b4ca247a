import { lstat } from "node:fs/promises"
import { runningUser } from "@lastgood/core/disk/ownership"
import { socketFile } from "@lastgood/reconciler/http/socketFile"
import * as Effect from "effect/Effect"

/**
 * The socket of a daemon of this user: that of another one would do the work with other rights, and learn what it is told.
 * null: there is none.
 *
 * @param root whose path no other user can change (`assertOwnRoot`).
 */
export const ownSocket = (root: string): Effect.Effect<string | null> =>
  Effect.promise(() =>
    lstat(socketFile(root)).then(
      (found) => (found.isSocket() && found.uid === runningUser() ? socketFile(root) : null),
      () => null
    )
  )
