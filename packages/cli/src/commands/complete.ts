import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { root } from "../cli.ts"
import { askedBy, type Offer } from "../completion/asked.ts"
import { files, type Values, valuesOf } from "../completion/values.ts"
import { ConfigFile, Json, Quiet, Root } from "../options.ts"
import { oneLine } from "../render/format.ts"

/** A shell shows nothing rather than wait longer. */
const patience = "3 seconds"

const globals = Completions.fromCommand(
  Command.make("globals", {
    help: GlobalFlag.Help.flag,
    config: ConfigFile.flag,
    root: Root.flag,
    json: Json.flag,
    quiet: Quiet.flag
  })
).flags

/** The value of a global flag among the words, which a shell passes on unread. */
const given = (words: ReadonlyArray<string>, flag: string): Option.Option<string> => {
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`))
  if (at === -1) return Option.none()
  const joined = words[at]?.split("=")[1]
  return Option.fromNullishOr(joined ?? words[at + 1])
}

const lineOf = ({ value, what }: Offer): string => `${oneLine(value)}\t${oneLine(what)}`

/** For the scripts of `completions`: prints a value and its description a line, or `:files`. Never fails. */
export const run = Effect.fn("Cli.complete")(function* (input: { readonly words: ReadonlyArray<string> }) {
  const tree = Completions.fromCommand(root)
  const asked = askedBy(tree, globals, input.words)
  const values: Values = yield* Effect.gen(function* () {
    if (asked._tag === "Foreign") return files
    if (asked._tag === "Offers") return asked.offers
    if (asked.name === "command")
      return tree.subcommands.map(({ name, description = "" }) => ({ value: name, what: description }))
    const found = yield* valuesOf(asked.command, asked.name, asked.app)
    return found === files
      ? found
      : [...asked.or, ...found.map(({ value, what }) => ({ value: asked.before + value, what }))]
  }).pipe(
    Effect.timeout(patience),
    Effect.provideService(ConfigFile, given(input.words, "--config")),
    Effect.provideService(Root, given(input.words, "--root")),
    Effect.catchCause(() => Effect.succeed([]))
  )
  yield* Effect.forEach(values === files ? [":files"] : values.map(lineOf), (line) => Console.log(line))
})
