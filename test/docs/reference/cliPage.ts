/** `docs/reference/cli.md`, made from the commands: every command with its arguments, flags, examples and exit codes. */
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exitsOf } from "../../../packages/cli/src/help/explained.ts"
import { type Helped, helpDocs } from "./helpDocs.ts"
import { cell, code, generated, page, table } from "./markdown.ts"

const described = (description: Option.Option<string>): string => cell(Option.getOrElse(description, () => ""))

const flagRow = ({ aliases, description, name, type }: HelpDoc.FlagDoc) => [
  code([[...aliases, `--${name}`].join(", "), ...(type === "boolean" ? [] : [type])].join(" ")),
  described(description)
]

const argumentRow = ({ description, name, required, variadic }: HelpDoc.ArgDoc) => [
  code(`${required ? `<${name}>` : `[${name}]`}${variadic ? " …" : ""}`),
  described(description)
]

const examplesOf = (examples: ReadonlyArray<HelpDoc.ExampleDoc>): string =>
  examples.length === 0
    ? ""
    : `\`\`\`sh\n${examples.map(({ command, description = "" }) => `${command}   # ${description}`).join("\n")}\n\`\`\``

const exitRows = (doc: HelpDoc.HelpDoc) => exitsOf(doc).map(([exit, meaning]) => [String(exit), cell(meaning)])

const section = ({ doc, path }: Helped): string => {
  const args = (doc.args ?? []).map(argumentRow)
  const flags = [...doc.flags, ...(doc.inheritedFlags ?? [])].map(flagRow)
  return [
    `${path.length > 1 ? "###" : "##"} lastgood ${path.join(" ")}`,
    `${doc.description}.`,
    `\`\`\`\n${doc.usage}\n\`\`\``,
    args.length === 0 ? "" : table(["argument", ""], args),
    flags.length === 0 ? "" : table(["flag", ""], flags),
    examplesOf(doc.examples ?? []),
    exitRows(doc).length === 0 ? "" : table(["exit code", ""], exitRows(doc))
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

const introduction = `# The command line: reference

Every command with its arguments, flags, examples and exit codes, as \`lastgood <command> --help\` shows them. [The command](../cli.md) explains what the commands do and what they print.`

export const cliPage = Effect.gen(function* () {
  const [top, ...commands] = yield* helpDocs()
  const globals = table(["flag", ""], (top?.doc.globalFlags ?? []).map(flagRow))
  const list = table(
    ["command", ""],
    commands
      .filter(({ path }) => path.length === 1)
      .map(({ doc, path }) => [`[${path.join(" ")}](#lastgood-${path.join("-")})`, cell(doc.description)])
  )
  return page(
    generated("the commands in packages/cli/src"),
    introduction,
    list,
    "## Flags of every command",
    globals,
    ...commands.map(section)
  )
})
