/** The commands for the life of an app, with their arguments, flags and help texts. */
import * as Command from "effect/cli/Command"
import { app, wait } from "./arguments.ts"
import { lazily } from "./lazily.ts"

export const stop = Command.make(
  "stop",
  { app, wait },
  lazily(() => import("./commands/stop.ts"))
).pipe(
  Command.withDescription(
    "Stop an app on purpose: it stays down, without alerts and upgrades, until lastgood start. Its data is not touched"
  )
)

export const start = Command.make(
  "start",
  { app, wait },
  lazily(() => import("./commands/start.ts"))
).pipe(
  Command.withDescription(
    "Start a stopped app: the version that its data belongs to, on that data, through its health gate. For another version, or a first install: lastgood deploy"
  )
)
