/** The command as an Effect: arguments in, exit code out. It has printed every error when it returns. */

import * as Console from "effect/Console"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import { commands } from "./commands.ts"
import { ExitCode as Code, type ExitCode } from "./exitCode.ts"
import { endOf, failureText } from "./failure.ts"
import { askedHelp } from "./help/askedHelp.ts"
import { explained } from "./help/explained.ts"
import { helpText } from "./help/helpText.ts"
import { globalFlags } from "./options.ts"
import { Columns, printJson } from "./Screen.ts"

export const root = Command.make("lastgood").pipe(
  explained(
    "Keep self-hosted apps up to date, and roll back version and data when an upgrade fails",
    [
      ["lastgood init", "Finds the apps of this host, and writes lastgood.yaml"],
      ["lastgood status", "Shows what runs, and what needs attention"],
      ["lastgood help upgrade", "Shows the flags, examples and exit codes of a command"]
    ],
    [
      [0, "done"],
      [64, "wrong usage"]
    ]
  ),
  Command.withSubcommands(commands),
  Command.withGlobalFlags(globalFlags)
)

/** Wrong usage prints one sentence and the command for help, not the whole help. */
const presenter = (columns: number | null): CliOutput.Presenter => ({
  present: (event) => {
    if (event._tag === "Version") return Console.log(event.version)
    return event._tag === "Help" ? Console.log(helpText(event.helpDoc, columns)) : Effect.void
  }
})

const builtIns = [GlobalFlag.Help, GlobalFlag.Version]

export const cli = Effect.fn("Cli.run")(function* (args: ReadonlyArray<string>, version: string) {
  // The arguments after `--` belong to another command.
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args
  return yield* askedHelp(root, args).pipe(
    Effect.flatMap(Command.runWith(root, { version })),
    // The processes of plugins end with the command.
    Effect.scoped,
    Effect.as<ExitCode>(Code.done),
    Effect.catchCause((cause) =>
      Effect.gen(function* () {
        const { code, failure } = endOf(cause)
        if (failure === null) return code
        if (own.includes("--json")) yield* printJson({ format: 1, error: failure })
        yield* Console.error(failureText(failure))
        return code
      })
    ),
    Effect.provide(CliConfig.layer({ builtIns })),
    Effect.provide(CliOutput.layerPresenter(presenter(yield* Columns)))
  )
})
