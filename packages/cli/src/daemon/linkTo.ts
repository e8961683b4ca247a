/**
 * The way to an app while the daemon of its root runs: the daemon does what the command asks for, and the command shows it.
 * Without a daemon, or if it is of another version, reads another configuration, or does not answer, the command works by
 * itself, by the claim.
 */
import type { Config } from "@lastgood/core/config/Config"
import type { Request } from "@lastgood/core/engine/Request"
import * as Effect from "effect/Effect"
import type { Link } from "./Link.ts"
import { ownSocket } from "./ownSocket.ts"

/**
 * The client is loaded only if a daemon of this user may be there. null: work without it.
 */
export const linkTo = Effect.fn("Cli.linkTo")(function* (config: Config, app: string, request: Request) {
  const socket = yield* ownSocket(config.root)
  if (socket === null) return null
  const { offered } = yield* Effect.promise(() => import("./Link.ts"))
  const link: Link | null = yield* offered(socket, config.file, app, request)
  return link
})
