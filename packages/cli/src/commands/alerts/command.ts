/** `lastgood alerts`: its commands with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { dryRun, waitToRecord } from "../../arguments.ts"
import { explained, reads, records } from "../../help/explained.ts"
import { lazily } from "../../lazily.ts"

const app = Argument.String("app").pipe(
  Argument.withDescription("The app's name in the configuration; _host: alerts without an app")
)

const ack = Command.make(
  "ack",
  {
    app,
    alert: Argument.String("alert").pipe(
      Argument.withDescription("The alert's id, or the beginning of it; default: the only open one"),
      Argument.optional
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Every open alert of the app"),
      Flag.withDefault(false)
    ),
    dryRun,
    wait: waitToRecord
  },
  lazily(() => import("./ack.ts"))
).pipe(
  explained(
    "Acknowledge an alert",
    [
      ["lastgood alerts ack wiki", "The only open alert"],
      ["lastgood alerts ack wiki --all", "Every open alert of the app"]
    ],
    records
  )
)

export const alerts = Command.make(
  "alerts",
  {
    app: app.pipe(Argument.optional),
    all: Flag.Boolean("all").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also list acknowledged and resolved alerts, from the whole log"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./list.ts"))
).pipe(
  explained(
    "List the open alerts, and acknowledge them",
    [
      ["lastgood alerts", "The open alerts of all apps"],
      ["lastgood alerts wiki --all", "Every alert of the app in the log"]
    ],
    reads
  ),
  Command.withSubcommands([ack])
)
