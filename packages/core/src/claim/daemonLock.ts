/**
 * Whether a daemon watches the apps of a root. The daemon holds a shared flock(2) on `<root>/_host/daemon` while it
 * lives, so that `status` is right after kill -9 and a reboot too. The lock excludes no other process; claims do that
 * (LAW-7).
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
import { openLockFile, writeLockText } from "./lockFile.ts"

const fileIn = (root: string): string => join(root, "_host", "daemon")

/**
 * Marks this process as the daemon until the scope closes. A failure is only logged: the apps are watched all the same.
 *
 * @param who shown to others: a user and a command, never a secret.
 */
export const announceDaemon = Effect.fn("Claims.announceDaemon")(
  function* (root: string, who: string): Effect.fn.Return<void, unknown, Scope.Scope> {
    const fd = yield* Effect.acquireRelease(
      Effect.try({ try: () => openLockFile(fileIn(root)), catch: (cause) => cause }),
      (opened) => Effect.sync(() => closeSync(opened))
    )
    yield* run("flock", ["--nonblock", "--shared", "3"]).pipe(Effect.provideService(InheritedFds, [fd]))
    yield* writeLockText(fd, `${who}, pid ${process.pid}, since ${iso(yield* Clock.currentTimeMillis)}`)
  },
  (held) => Effect.catch(held, (cause) => Effect.logWarning(`status will not show this daemon: ${messageOf(cause)}`))
)

/** The daemon: user, process, and since when. null: none is visible to this user. */
export const daemonOf = (root: string): Effect.Effect<string | null> =>
  Effect.try({ try: () => holderOf(fileIn(root))?.who ?? null, catch: (cause) => cause }).pipe(
    Effect.orElseSucceed(() => null)
  )
