/** The commands about snapshots, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, optionalApp } from "./arguments.ts"
import { explained, reads, writes } from "./help/explained.ts"
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
  Command.withSubcommands([ls, cat, extract])
)
