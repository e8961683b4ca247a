/** `lastgood alerts`: its commands with their arguments, flags and words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { waitToRecord } from "../../arguments.ts"
import { lazily } from "../../lazily.ts"

const app = Argument.String("app").pipe(
  Argument.withDescription("The app's name in the configuration; _host: what belongs to no app")
)

const ack = Command.make(
  "ack",
  {
    app,
    alert: Argument.String("alert").pipe(
      Argument.withDescription("Its id, or how that begins; default: the only open one"),
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
).pipe(Command.withDescription("Say that you have seen an alert"))

export const alerts = Command.make(
  "alerts",
  {
    app: app.pipe(Argument.optional),
    all: Flag.Boolean("all").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Also those that were acknowledged or resolved, from the whole log"),
      Flag.withDefault(false)
    )
  },
  lazily(() => import("./list.ts"))
).pipe(Command.withDescription("List the open alerts, and acknowledge them"), Command.withSubcommands([ack]))
