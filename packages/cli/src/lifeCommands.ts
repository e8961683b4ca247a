/** The commands for the life of an app, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, dryRun, formerApp, wait, yes } from "./arguments.ts"
import { acts, exits, explained, writes } from "./help/explained.ts"
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

export const remove = Command.make(
  "remove",
  {
    app,
    data: Flag.Boolean("data").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also delete its volumes, once the last snapshot is verified; asks first"),
      Flag.withDefault(false)
    ),
    yes,
    dryRun,
    wait
  },
  lazily(() => import("./commands/remove.ts"))
).pipe(
  explained(
    "Take a last snapshot, and take an app down for good. Its data, its log and its snapshots stay; with --data its volumes are deleted",
    [
      ["lastgood remove wiki", "Takes it down; lastgood deploy wiki brings it back on its data"],
      [
        "lastgood remove wiki --data",
        "Also deletes its volumes, after a question; lastgood restore wiki brings it back"
      ]
    ],
    acts
  )
)

export const rename = Command.make(
  "rename",
  {
    app: Argument.String("app").pipe(Argument.withDescription("The app's name")),
    to: Argument.String("new-name").pipe(Argument.withDescription("Its new name, which no app had before")),
    dryRun,
    wait
  },
  lazily(() => import("./commands/rename.ts"))
).pipe(
  explained(
    "Give a stopped app another name: in the configuration, in the log, and its folder with the snapshots. Its data and its stack stay",
    [
      ["lastgood rename wiki handbook", "After lastgood stop wiki; then lastgood start handbook"],
      ["lastgood rename wiki handbook --dry-run", "Shows what it would change"]
    ],
    exits(writes, [
      [0, "renamed"],
      [1, "error: the app runs, the name is taken, or a file cannot be changed"],
      [75, "another lastgood works on the app: try again later, or use --wait"]
    ])
  )
)

export const forget = Command.make(
  "forget",
  { app: formerApp, yes, dryRun, wait },
  lazily(() => import("./commands/forget.ts"))
).pipe(
  explained(
    "Delete what lastgood keeps of an app that was removed and is not in the configuration any more: its snapshots and its folder; asks first. Its log ends",
    [
      ["lastgood forget wiki", "After lastgood remove wiki, and once apps.wiki is not in lastgood.yaml"],
      ["lastgood forget wiki --dry-run", "Shows what it would delete"]
    ],
    exits(writes, [
      [0, "forgotten"],
      [1, "error: the app is configured, was not removed, or its folder cannot be deleted"],
      [75, "another lastgood works on the app: try again later, or use --wait"]
    ])
  )
)
