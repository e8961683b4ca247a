/** The commands for the life of an app, with their arguments, flags and help texts. */
import * as Command from "effect/cli/Command"
import { app, dryRun, wait } from "./arguments.ts"
import { acts, exits, explained } from "./help/explained.ts"
import { lazily } from "./lazily.ts"

export const stop = Command.make(
  "stop",
  { app, dryRun, wait },
  lazily(() => import("./commands/stop.ts"))
).pipe(
  explained(
    "Stop an app on purpose: it stays down, without alerts and upgrades, until lastgood start. Its data is not touched",
    [
      ["lastgood stop wiki", "Takes it down; lastgood start wiki brings it back"],
      ["lastgood stop wiki --dry-run", "Shows what it would do"]
    ],
    exits(acts, [[3, "an interrupted attempt was finished first, and was rolled back"]])
  )
)

export const start = Command.make(
  "start",
  { app, dryRun, wait },
  lazily(() => import("./commands/start.ts"))
).pipe(
  explained(
    "Start a stopped app: the version that its data belongs to, on that data, through its health gate. For another version, or a first install: lastgood deploy",
    [["lastgood start wiki", "Starts it on its data"]],
    acts
  )
)
