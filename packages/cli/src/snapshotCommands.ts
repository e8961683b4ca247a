/** The commands about snapshots, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, dryRun, optionalApp, waitToRecord } from "./arguments.ts"
import { acts, type Exits, exits, explained, reads, writes } from "./help/explained.ts"
import { lazily } from "./lazily.ts"

const snapshot = Argument.String("snapshot").pipe(
  Argument.withDescription("The snapshot's id, the beginning or the end of it, or latest")
)

const pathText = "<volume>/<path>, as ls prints it; a name in quotes is read as in C"

const ls = Command.make(
  "ls",
  { app, snapshot, path: Argument.String("path").pipe(Argument.withDescription(pathText), Argument.optional) },
  lazily(() => import("./commands/snapshots/ls.ts"))
).pipe(
  explained(
    "List the volumes of a snapshot, or what is in a folder of one",
    [
      ["lastgood snapshots ls wiki latest", "The volumes of the newest snapshot, with their sizes"],
      ["lastgood snapshots ls wiki latest data/uploads", "What is in a folder of the volume data"]
    ],
    reads
  )
)

const cat = Command.make(
  "cat",
  { app, snapshot, path: Argument.String("path").pipe(Argument.withDescription(pathText)) },
  lazily(() => import("./commands/snapshots/cat.ts"))
).pipe(
  explained(
    "Write one file of a snapshot to standard output",
    [["lastgood snapshots cat wiki latest data/config.json > config.json", "Without reading the rest of the archive"]],
    reads
  )
)

const extract = Command.make(
  "extract",
  {
    app,
    snapshot,
    paths: Argument.String("path").pipe(
      Argument.withDescription(`${pathText}; the name of a volume: all of it`),
      Argument.atLeast(1)
    ),
    into: Flag.String("into").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("A new or an empty folder; the files are put to <folder>/<volume>/<path>")
    )
  },
  lazily(() => import("./commands/snapshots/extract.ts"))
).pipe(
  explained(
    "Unpack files and folders of a snapshot, with their owners and permissions",
    [["lastgood snapshots extract wiki latest data/uploads --into ./uploads", "A folder of the volume data"]],
    writes
  )
)

/** Commands that remove something for good. */
const removes: Exits = exits(
  acts.filter(([code]) => code !== 3 && code !== 4 && code !== 5),
  [
    [0, "removed, or nothing to remove"],
    [1, "error: a rollback needs it, or it does not exist"],
    [64, "wrong usage or configuration; or no terminal to confirm on, and no --yes"],
    [130, "interrupted, or the answer was not yes"]
  ]
)

const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withoutNegation,
  Flag.withDescription("Do not ask"),
  Flag.withDefault(false)
)

const rm = Command.make(
  "rm",
  {
    app,
    snapshots: Argument.String("snapshot").pipe(
      Argument.withDescription("The snapshot's id, or the beginning or the end of it"),
      Argument.atLeast(1)
    ),
    dryRun,
    yes,
    wait: waitToRecord
  },
  lazily(() => import("./commands/snapshots/rm.ts"))
).pipe(
  explained(
    "Remove snapshots for good, but none that a rollback needs",
    [
      ["lastgood snapshots rm wiki 20261124T020000Z-1a2b3c4d", "Asks first"],
      ["lastgood snapshots rm wiki 1a2b3c4d --dry-run", "Only shows what that would free"],
      ["lastgood snapshots rm wiki 1a2b3c4d --yes", "The end of an id is enough"]
    ],
    removes
  )
)

export const snapshots = Command.make(
  "snapshots",
  { app: optionalApp },
  lazily(() => import("./commands/snapshots/list.ts"))
).pipe(
  explained(
    "List the snapshots, and read files out of them",
    [
      ["lastgood snapshots", "Of all apps"],
      ["lastgood snapshots wiki", "Of one app"]
    ],
    reads
  ),
  Command.withSubcommands([ls, cat, extract, rm])
)

const asideRm = Command.make(
  "rm",
  {
    app,
    attempts: Argument.String("attempt").pipe(
      Argument.withDescription("The attempt that set the data aside: its id, or the end of it"),
      Argument.atLeast(1)
    ),
    dryRun,
    yes,
    wait: waitToRecord
  },
  lazily(() => import("./commands/aside/rm.ts"))
).pipe(
  explained(
    "Remove set-aside data for good",
    [["lastgood aside rm wiki 1a2b3c4d", "The end of the attempt's id is enough"]],
    removes
  )
)

export const aside = Command.make(
  "aside",
  { app: optionalApp },
  lazily(() => import("./commands/aside/list.ts"))
).pipe(
  explained(
    "List the data that rollbacks set aside, and remove it",
    [["lastgood aside wiki", "Why, when, how much, and until when it is kept"]],
    reads
  ),
  Command.withSubcommands([asideRm])
)

export const prune = Command.make(
  "prune",
  {
    app: optionalApp,
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Only show what would go, what stays and why, and what that frees"),
      Flag.withDefault(false)
    ),
    yes,
    wait: waitToRecord
  },
  lazily(() => import("./commands/prune.ts"))
).pipe(
  explained(
    "Remove the snapshots, set-aside data and releases that are not kept any longer",
    [
      ["lastgood prune --dry-run", "Only shows what would go, of all apps"],
      ["lastgood prune wiki", "Asks first"]
    ],
    removes
  )
)
