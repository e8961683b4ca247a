/** `lastgood notify`: its commands with their arguments, flags and help texts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { exits, explained, reads } from "../../help/explained.ts"
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
).pipe(
  explained(
    "Send a message to the sinks, and show what each server answers",
    [
      ["lastgood notify test", "To all sinks"],
      ["lastgood notify test ntfy", "To those whose names begin with ntfy"]
    ],
    exits(reads, [
      [0, "every sink took the message"],
      [1, "a sink did not take it"]
    ])
  )
)

export const notify = Command.make(
  "notify",
  {},
  lazily(() => import("./list.ts"))
).pipe(
  explained(
    "List the sinks that alerts are sent to, and send a test message",
    [["lastgood notify", "The sinks, and which of them fail"]],
    reads
  ),
  Command.withSubcommands([test])
)
