/** `lastgood help <command> …` is `lastgood <command> … --help`. */
import { nearest } from "@lastgood/core/yaml/nearest"
import type * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { BadUsage } from "../errors.ts"

const childrenOf = (command: Command.Command.Any): ReadonlyArray<Command.Command.Any> =>
  command.subcommands.flatMap(({ commands }) => commands)

/** @returns the arguments as they are unless they ask for a help. Fails if there is no such command. */
export const askedHelp = (
  root: Command.Command.Any,
  args: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, BadUsage> => {
  const [first, ...path] = args
  if (first !== "help" || path.some((word) => word.startsWith("-"))) return Effect.succeed(args)
  let command = root
  for (const name of path) {
    const children = childrenOf(command)
    const child = children.find((one) => one.name === name)
    if (child === undefined) {
      const meant = nearest(
        name,
        children.map((one) => one.name)
      )
      return Effect.fail(
        new BadUsage({
          reason: `${["lastgood", ...path].join(" ")} is not a command${meant === null ? "" : `; did you mean ${meant}?`}`,
          next: "lastgood --help lists the commands"
        })
      )
    }
    command = child
  }
  return Effect.succeed([...path, "--help"])
}
