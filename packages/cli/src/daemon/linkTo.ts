/**
 * The way to an app while the daemon of its root runs: the daemon does what the command asks for, and the command shows it.
 * Without a daemon, or if it is of another version, reads another configuration, or does not answer, the command works by
 * itself, by the claim.
 */
import { lstat } from "node:fs/promises"
import type { Config } from "@lastgood/core/config/Config"
import { runningUser } from "@lastgood/core/disk/ownership"
import type { Request } from "@lastgood/core/engine/Request"
import { socketFile } from "@lastgood/reconciler/http/socketFile"
import * as Effect from "effect/Effect"
import type { Link } from "./Link.ts"

/**
 * The client is loaded only if a daemon of this user may be there: the daemon of another one would do the work with other
 * rights, and learn what it is told. null: work without it.
 */
export const linkTo = Effect.fn("Cli.linkTo")(function* (config: Config, app: string, request: Request) {
  const socket = socketFile(config.root)
  const isThere = yield* Effect.promise(() =>
    lstat(socket).then(
      (found) => found.isSocket() && found.uid === runningUser(),
      () => false
    )
  )
  if (!isThere) return null
  const { offered } = yield* Effect.promise(() => import("./Link.ts"))
  const link: Link | null = yield* offered(socket, config.file, app, request)
  return link
})
