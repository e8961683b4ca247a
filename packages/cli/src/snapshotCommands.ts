/** The commands about snapshots, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, optionalApp, waitToRecord } from "./arguments.ts"
import { lazily } from "./lazily.ts"

const snapshot = Argument.String("snapshot").pipe(
  Argument.withDescription("The snapshot's id, the beginning or the end of it, or latest")
)

const pathText = "<volume>/<path>, as ls prints it; a name in quotes is read as in C"

const ls = Command.make(
  "ls",
  { app, snapshot, path: Argument.String("path").pipe(Argument.withDescription(pathText), Argument.optional) },
  lazily(() => import("./commands/snapshots/ls.ts"))
).pipe(Command.withDescription("List the volumes of a snapshot, or what is in a folder of one"))

const cat = Command.make(
  "cat",
  { app, snapshot, path: Argument.String("path").pipe(Argument.withDescription(pathText)) },
  lazily(() => import("./commands/snapshots/cat.ts"))
).pipe(Command.withDescription("Write one file of a snapshot to standard output"))

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
).pipe(Command.withDescription("Unpack files and folders of a snapshot, with their owners and permissions"))

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
    yes,
    wait: waitToRecord
  },
  lazily(() => import("./commands/snapshots/rm.ts"))
).pipe(Command.withDescription("Remove snapshots for good, but none that a rollback needs"))

export const snapshots = Command.make(
  "snapshots",
  { app: optionalApp },
  lazily(() => import("./commands/snapshots/list.ts"))
).pipe(
  Command.withDescription("List the snapshots, and read files out of them"),
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
    yes,
    wait: waitToRecord
  },
  lazily(() => import("./commands/aside/rm.ts"))
).pipe(Command.withDescription("Remove set-aside data for good"))

export const aside = Command.make(
  "aside",
  { app: optionalApp },
  lazily(() => import("./commands/aside/list.ts"))
).pipe(
  Command.withDescription("List the data that rollbacks set aside, and remove it"),
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
).pipe(Command.withDescription("Remove the snapshots, set-aside data and releases that are not kept any longer"))
