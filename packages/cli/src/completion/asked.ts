/** What a shell asks for, by the words of the command line up to the cursor. Pure. */
import type {
  ArgumentDescriptor,
  ArgumentType,
  CommandDescriptor,
  FlagDescriptor,
  FlagType
} from "effect/cli/Completions"

export interface Offer {
  readonly value: string
  readonly what: string
}

export type Asked =
  /** Names of commands or flags. */
  | { readonly _tag: "Offers"; readonly offers: ReadonlyArray<Offer> }
  /**
   * The value of an argument or a flag. `command`: as it is typed, such as `aside rm`. `before`: what precedes it in the same word, such as `--to=`. `or`: what may stand
   * in its place.
   */
  | {
      readonly _tag: "Value"
      readonly command: string
      readonly name: string
      readonly app: string | null
      readonly before: string
      readonly or: ReadonlyArray<Offer>
    }
  /** A word of another command. */
  | { readonly _tag: "Foreign" }

const takesValue = ({ type }: FlagDescriptor): boolean => type._tag !== "Boolean"

const namesOf = ({ aliases, name }: FlagDescriptor): ReadonlyArray<string> => [
  `--${name}`,
  ...aliases.map((alias) => (alias.length === 1 ? `-${alias}` : `--${alias}`))
]

const offerOf = ({
  description,
  name
}: {
  readonly name: string
  readonly description: string | undefined
}): Offer => ({
  value: name,
  what: description ?? ""
})

/** bash gives `--to=1` as three words. */
const joined = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.flatMap((word, i) => (word === "=" ? (i === words.length - 1 ? [""] : []) : [word]))

/**
 * @param globals the flags of every command.
 * @param given the words after the name of the program; the last is the one that is completed, perhaps empty.
 */
export const askedBy = (
  root: CommandDescriptor,
  globals: ReadonlyArray<FlagDescriptor>,
  given: ReadonlyArray<string>
): Asked => {
  const words = joined(given)
  const current = words.at(-1) ?? ""
  let command = root
  const path: Array<string> = []
  let waiting: FlagDescriptor | null = null
  const positional: Array<string> = []
  const flagNamed = (word: string) =>
    [...command.flags, ...globals].find((flag) => namesOf(flag).includes(word.split("=")[0] ?? ""))
  for (const word of words.slice(0, -1)) {
    if (waiting !== null) {
      waiting = null
      continue
    }
    if (word === "--") return { _tag: "Foreign" }
    if (word.startsWith("-")) {
      const flag = flagNamed(word)
      waiting = flag !== undefined && takesValue(flag) && !word.includes("=") ? flag : null
      continue
    }
    const child = positional.length === 0 ? command.subcommands.find(({ name }) => name === word) : undefined
    if (child === undefined) positional.push(word)
    else {
      command = child
      path.push(word)
    }
  }
  const at = command.arguments.findIndex(({ name }) => name === "app")
  const app = at === -1 ? null : (positional[at] ?? null)
  const asking = (
    { name, type }: Pick<ArgumentDescriptor, "name"> & { type: ArgumentType | FlagType },
    before = "",
    or: ReadonlyArray<Offer> = []
  ): Asked =>
    type._tag === "Choice"
      ? { _tag: "Offers", offers: type.values.map((value) => ({ value: before + value, what: "" })) }
      : { _tag: "Value", command: path.join(" "), name, app, before, or }
  if (waiting !== null) return asking(waiting)
  const [, flagWord] = /^(--[a-z-]+)=/.exec(current) ?? []
  const named = flagWord === undefined ? undefined : flagNamed(flagWord)
  if (named !== undefined) return asking(named, `${flagWord}=`)
  if (current.startsWith("-")) {
    const flags = [...command.flags, ...globals].map((flag) => offerOf({ ...flag, name: `--${flag.name}` }))
    return { _tag: "Offers", offers: flags }
  }
  const argument = command.arguments[positional.length] ?? command.arguments.find(({ variadic }) => variadic)
  const children = positional.length === 0 ? command.subcommands.map(offerOf) : []
  return argument === undefined ? { _tag: "Offers", offers: children } : asking(argument, "", children)
}
