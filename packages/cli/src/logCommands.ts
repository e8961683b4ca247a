/** The commands that read the log, export it and import it, with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { app, limit, optionalApp } from "./arguments.ts"
import { exits, explained, reads } from "./help/explained.ts"
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
).pipe(
  explained(
    "Print every event with its evidence; --json prints one envelope per line",
    [
      ["lastgood log wiki --follow", "Every event of the app, and new ones as they come"],
      ["lastgood log --digest", "What happened since yesterday, in a few lines for each app"],
      ["lastgood log --attempt 7ff9b5d7", "One attempt as a story, with the output of what failed"]
    ],
    reads
  )
)

export const history = Command.make(
  "history",
  { app, limit: limit(1) },
  lazily(() => import("./commands/history.ts"))
).pipe(
  explained(
    "List the attempts of an app: versions, when, how they ended, how long the app was down",
    [["lastgood history wiki", "The last 30 attempts"]],
    reads
  )
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
).pipe(
  explained(
    "Print the state from the log alone, now or at an earlier time",
    [["lastgood replay wiki --until 2026-11-29T22:00", "The state of the app at that time, in the host's time zone"]],
    reads
  )
)

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
).pipe(
  explained(
    "Export the whole log as text, one event per line, to keep elsewhere",
    [["lastgood export --out /backup/lastgood.log", "Writes the file, or replaces an earlier export"]],
    exits(reads, [[1, "the log could not be read, its hash chain is broken, or the file could not be written"]])
  )
)

export const toImport = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A file written by lastgood export; - is standard input")
    )
  },
  lazily(() => import("./commands/import.ts"))
).pipe(
  explained(
    "Import an exported log into a root without a log, after verifying all of it",
    [["lastgood import /backup/lastgood.log --root /var/lib/lastgood", "Into a root without a log"]],
    exits(reads, [
      [0, "imported"],
      [1, "the export is damaged, or the root has a log already; nothing was changed"]
    ])
  )
)
