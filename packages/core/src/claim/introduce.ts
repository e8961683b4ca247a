import { ftruncateSync, writeSync } from "node:fs"
import * as Effect from "effect/Effect"

/**
 * Writes into a locked file who has the lock. It is for people; the lock does not depend on it, and a full disk must keep
 * nobody from going back.
 */
export const introduce = (fd: number, text: string): Effect.Effect<void> =>
  Effect.ignore(
    Effect.try({
      try: () => {
        const bytes = Buffer.from(`${text.replace(/\s+/g, " ")}\n`)
        // Over the old text: to cut it first would give its block away.
        ftruncateSync(fd, writeSync(fd, bytes, 0, bytes.length, 0))
      },
      catch: (cause) => cause
    })
  )
