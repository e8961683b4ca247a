/** `lastgood notify`: its commands with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { lazily } from "../../lazily.ts"

const test = Command.make(
  "test",
  {
    sink: Argument.String("sink").pipe(
      Argument.withDescription("The sink's name, or the beginning of it; default: all of them"),
      Argument.optional
    )
  },
  lazily(() => import("./test.ts"))
).pipe(Command.withDescription("Send a message to the sinks, and show what each server answers"))

export const notify = Command.make(
  "notify",
  {},
  lazily(() => import("./list.ts"))
).pipe(
  Command.withDescription("List the sinks that alerts are sent to, and send a test message"),
  Command.withSubcommands([test])
)
