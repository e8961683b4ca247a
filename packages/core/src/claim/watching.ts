/**
 * Whether a daemon watches the apps of a root: it holds a shared flock(2) on `<root>/_host/daemon` for as long as it lives.
 * The lock is the kernel's, so that what `status` says is true after kill -9 and a reboot as well. It keeps nobody away:
 * that is what claims are for (LAW-7).
 */
import { closeSync } from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { messageOf } from "../domain/messageOf.ts"
import { iso } from "../domain/time.ts"
import { InheritedFds, run } from "../process/Tool.ts"
import { holderOf } from "./ClaimHolder.ts"
import { introduce, openLockFile } from "./lockFile.ts"

const fileIn = (root: string): string => join(root, "_host", "daemon")

/**
 * Says that this process watches, until the scope closes. If it cannot be said, the apps are watched all the same.
 *
 * @param who is shown to others: a user and a command, never a secret.
 */
export const watching = Effect.fn("Claims.watching")(
  function* (root: string, who: string): Effect.fn.Return<void, unknown, Scope.Scope> {
    const fd = yield* Effect.acquireRelease(
      Effect.try({ try: () => openLockFile(fileIn(root)), catch: (cause) => cause }),
      (opened) => Effect.sync(() => closeSync(opened))
    )
    yield* run("flock", ["--nonblock", "--shared", "3"]).pipe(Effect.provideService(InheritedFds, [fd]))
    yield* introduce(fd, `${who}, pid ${process.pid}, since ${iso(yield* Clock.currentTimeMillis)}`)
  },
  (held) =>
    Effect.catch(held, (cause) => Effect.logWarning(`status will say that no daemon watches: ${messageOf(cause)}`))
)

/** The daemon: user, process, and since when. null: none, as far as this user can see. */
export const watcherOf = (root: string): Effect.Effect<string | null> =>
  Effect.try({ try: () => holderOf(fileIn(root))?.who ?? null, catch: (cause) => cause }).pipe(
    Effect.orElseSucceed(() => null)
  )
