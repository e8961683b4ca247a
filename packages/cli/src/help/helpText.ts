/** `--help` as text: the usage, the flags, examples and exit codes, folded to the terminal. Pure. */
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Option from "effect/Option"
import { fold } from "../render/fold.ts"
import { exitsOf } from "./explained.ts"

/** Without a terminal, a help is as wide as a man page. */
const widthOfPipe = 100

/** Names are padded to each other, but not to one that is much longer. */
const mostPadding = 26

type Row = readonly [name: string, what: string]

const rows = (entries: ReadonlyArray<Row>, width: number): string => {
  const most = Math.min(mostPadding, Math.floor(width / 2.5))
  const padding = Math.max(0, ...entries.map(([name]) => name.length).filter((length) => length <= most))
  return entries
    .flatMap(([name, what]) =>
      name.length <= padding
        ? [fold(`  ${name.padEnd(padding)}  ${what}`, width, padding + 4)]
        : [`  ${name}`, fold(`${" ".repeat(padding + 4)}${what}`, width, padding + 4)]
    )
    .join("\n")
}

const flagRow = ({ aliases, description, name, type }: HelpDoc.FlagDoc): Row => [
  [[`--${name}`, ...aliases].join(", "), ...(type === "boolean" ? [] : [type])].join(" "),
  Option.getOrElse(description, () => "")
]

const argumentRow = ({ description, name, required, variadic }: HelpDoc.ArgDoc): Row => [
  `${required ? `<${name}>` : `[${name}]`}${variadic ? "..." : ""}`,
  Option.getOrElse(description, () => "")
]

const examplesText = (examples: ReadonlyArray<HelpDoc.ExampleDoc>, width: number): string =>
  examples.map(({ command, description = "" }) => `  ${command}\n${fold(`      ${description}`, width, 6)}`).join("\n")

/** @param columns of the terminal; null: not a terminal. */
export const helpText = (doc: HelpDoc.HelpDoc, columns: number | null): string => {
  const width = columns ?? widthOfPipe
  const groups = (doc.subcommands ?? []).flatMap(({ commands }) => commands)
  const sections: ReadonlyArray<readonly [title: string, body: string]> = [
    ["DESCRIPTION", fold(`  ${doc.description}`, width, 2)],
    ["USAGE", `  ${doc.usage}`],
    ["ARGUMENTS", rows((doc.args ?? []).map(argumentRow), width)],
    ["FLAGS", rows([...doc.flags, ...(doc.inheritedFlags ?? [])].map(flagRow), width)],
    ["EXAMPLES", examplesText(doc.examples ?? [], width)],
    [
      "EXIT CODES",
      rows(
        exitsOf(doc).map(([code, meaning]): Row => [String(code), meaning]),
        width
      )
    ],
    [
      "SUBCOMMANDS",
      rows(
        groups.map(({ description, name, shortDescription }): Row => [name, shortDescription ?? description]),
        width
      )
    ],
    ["GLOBAL FLAGS", rows((doc.globalFlags ?? []).map(flagRow), width)]
  ]
  return sections.flatMap(([title, body]) => (body === "" ? [] : [`${title}\n${body}`])).join("\n\n")
}
