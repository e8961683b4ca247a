/** The commands that read the log, export it and import it, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, limit, optionalApp } from "./arguments.ts"
import { lazily } from "./lazily.ts"

export const log = Command.make(
  "log",
  {
    app: optionalApp,
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withoutNegation,
      Flag.withDescription("Keep printing events as they are recorded"),
      Flag.withDefault(false)
    ),
    digest: Flag.Boolean("digest").pipe(
      Flag.withoutNegation,
      Flag.withDescription("What happened since yesterday, or since --since, in a few lines for each app"),
      Flag.withDefault(false)
    ),
    limit: limit(0),
    since: Flag.String("since").pipe(
      Flag.withMetavar("<time>"),
      Flag.withDescription("Only since this time, such as 2026-12-24T18:00, or how long ago, such as 12h"),
      Flag.optional
    ),
    until: Flag.String("until").pipe(
      Flag.withMetavar("<time>"),
      Flag.withDescription("Only up to this time"),
      Flag.optional
    ),
    type: Flag.String("type").pipe(
      Flag.withMetavar("<type>"),
      Flag.withDescription("Only events of this type, such as RolledBack; may be repeated"),
      Flag.atLeast(0)
    ),
    attempt: Flag.String("attempt").pipe(
      Flag.withMetavar("<id>"),
      Flag.withDescription("Only this attempt, as a story: its id, or the beginning or end of it"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/log.ts"))
).pipe(Command.withDescription("Print every event with its evidence; --json prints one envelope per line"))

export const history = Command.make(
  "history",
  { app, limit: limit(1) },
  lazily(() => import("./commands/history.ts"))
).pipe(
  Command.withDescription("List the attempts of an app: versions, when, how they ended, how long the app was down")
)

export const replay = Command.make(
  "replay",
  {
    app: optionalApp,
    until: Flag.String("until").pipe(
      Flag.withMetavar("<position|time>"),
      Flag.withDescription(
        "Up to and including this position of the log, or this time (in the host's time zone, or with a Z in UTC)"
      ),
      Flag.optional
    )
  },
  lazily(() => import("./commands/replay.ts"))
).pipe(Command.withDescription("Print the state from the log alone, now or at an earlier time"))

export const toExport = Command.make(
  "export",
  {
    out: Flag.String("out").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("Write to this file (0600), atomically; default: standard output"),
      Flag.optional
    )
  },
  lazily(() => import("./commands/export.ts"))
).pipe(Command.withDescription("Export the whole log as text, one event per line, to keep elsewhere"))

export const toImport = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A file written by lastgood export; - is standard input")
    )
  },
  lazily(() => import("./commands/import.ts"))
).pipe(Command.withDescription("Import an exported log into a root without a log, after verifying all of it"))
