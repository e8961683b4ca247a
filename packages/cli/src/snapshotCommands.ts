/** The commands about snapshots, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, optionalApp } from "./arguments.ts"
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

export const snapshots = Command.make(
  "snapshots",
  { app: optionalApp },
  lazily(() => import("./commands/snapshots/list.ts"))
).pipe(
  Command.withDescription("List the snapshots, and read files out of them"),
  Command.withSubcommands([ls, cat, extract])
)
