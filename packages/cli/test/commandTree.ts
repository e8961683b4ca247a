/** Every command of the command line, as its completions describe it. */
import type { CommandDescriptor, FlagDescriptor } from "effect/cli/Completions"

export interface DescribedCommand {
  /** As it is typed, without `lastgood`: `alerts ack`. */
  readonly path: string
  readonly flags: ReadonlyArray<FlagDescriptor>
}

/** With those of commands, at any depth. */
export const commandsOf = (of: CommandDescriptor, above = ""): ReadonlyArray<DescribedCommand> =>
  of.subcommands.flatMap((one) => {
    const path = `${above}${one.name}`
    return [{ path, flags: one.flags }, ...commandsOf(one, `${path} `)]
  })

export const hasFlag =
  (flag: string) =>
  ({ flags }: DescribedCommand): boolean =>
    flags.some(({ name }) => name === flag)
