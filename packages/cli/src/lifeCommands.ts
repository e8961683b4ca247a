/** The commands for the life of an app, with their arguments, flags and help texts. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
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

export const remove = Command.make(
  "remove",
  {
    app,
    data: Flag.Boolean("data").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also delete its volumes, once the last snapshot is verified; asks first"),
      Flag.withDefault(false)
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Do not ask before volumes are deleted"),
      Flag.withDefault(false)
    ),
    wait
  },
  lazily(() => import("./commands/remove.ts"))
).pipe(
  Command.withDescription(
    "Take a last snapshot, and take an app down for good. Its data, its log and its snapshots stay; with --data its volumes are deleted"
  )
)
