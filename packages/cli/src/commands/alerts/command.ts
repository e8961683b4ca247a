/** `lastgood alerts`: its commands with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { waitToRecord } from "../../arguments.ts"
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
    wait: waitToRecord
  },
  lazily(() => import("./ack.ts"))
).pipe(Command.withDescription("Acknowledge an alert"))

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
).pipe(Command.withDescription("List the open alerts, and acknowledge them"), Command.withSubcommands([ack]))
