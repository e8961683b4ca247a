/** Makes the man page from `--help` of each command and the exit codes in docs/cli.md. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type { ArgDoc, FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import own from "../../packages/cli/package.json" with { type: "json" }
import { root } from "../../packages/cli/src/cli.ts"
import { repository } from "../repository.ts"

const helpOf = (path: ReadonlyArray<string>): Effect.Effect<HelpDoc> => {
  let found: HelpDoc | null = null
  const presenter: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") found = event.helpDoc
      })
  }
  return Command.runWith(root, { version: own.version })([...path, "--help"]).pipe(
    Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })),
    Effect.provide(CliOutput.layerPresenter(presenter)),
    Effect.provide(NodeServices.layer),
    Effect.scoped,
    Effect.orDie,
    Effect.flatMap(() =>
      found === null ? Effect.die(new Error(`no help of ${path.join(" ")}`)) : Effect.succeed(found)
    )
  ) as Effect.Effect<HelpDoc>
}

interface Described {
  readonly path: ReadonlyArray<string>
  readonly help: HelpDoc
}

/** A command and its subcommands. */
const below = (path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Described>> =>
  Effect.gen(function* () {
    const help = yield* helpOf(path)
    const names = (help.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
    const others = yield* Effect.forEach(names, (name) => below([...path, name]))
    return [{ path, help }, ...others.flat()]
  })

/** Escapes a text, so that roff finds no request in it. */
const text = (value: string): string =>
  value
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1")

const item = (head: string, description: string): string => `.TP\n.B ${text(head)}\n${text(description)}\n`

const argument = ({ name, description }: ArgDoc): string =>
  item(
    `<${name}>`,
    Option.getOrElse(description, () => "")
  )

const flag = ({ name, aliases, type, description }: FlagDoc): string => {
  const names = [`--${name}`, ...aliases.map((alias) => (alias.startsWith("-") ? alias : `-${alias}`))].join(", ")
  const value = type === "" || type === "boolean" ? "" : ` ${type.startsWith("<") ? type : `<${type}>`}`
  return item(
    `${names}${value}`,
    Option.getOrElse(description, () => "")
  )
}

const commandSection = ({ help }: Described): string =>
  [
    `.SS ${text(help.usage)}\n${text(help.description)}\n`,
    ...(help.args ?? []).map(argument),
    ...help.flags.map(flag),
    ...(help.examples ?? []).map(({ command, description = "" }) => item(command, description))
  ].join("")

/** Rows of the table of exit codes: code and meaning, without Markdown. */
const exitCodes = (markdown: string): ReadonlyArray<readonly [code: string, meaning: string]> => {
  const section = /^## Exit codes\n([\s\S]*?)^## /m.exec(markdown)?.[1] ?? ""
  const rows = [...section.matchAll(/^\| (\d+) \| (.+) \|$/gm)]
  if (rows.length === 0) throw new Error("docs/cli.md has no table of exit codes")
  return rows.map(([, code = "", meaning = ""]) => [
    code,
    meaning.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\*\*|`/g, "")
  ])
}

/** @param date date of the page, such as `2026-11-29`. */
export const manPage = (date: string): Effect.Effect<string> =>
  Effect.gen(function* () {
    const [top, ...commands] = yield* below([])
    if (top === undefined) return yield* Effect.die(new Error("there is no command"))
    const docs = yield* Effect.promise(() => readFile(join(repository, "docs/cli.md"), "utf8"))
    return [
      `.TH LASTGOOD 1 ${date} "lastgood ${own.version}" "User Commands"\n`,
      `.SH NAME\nlastgood \\- ${text(top.help.description.replace(/^K/, "k"))}\n`,
      `.SH SYNOPSIS\n.B lastgood\n${text("<command> [<app>] [flags]")}\n`,
      `.SH OPTIONS\nEvery command takes these.\n${[...(top.help.globalFlags ?? []), ...top.help.flags].map(flag).join("")}`,
      `.SH COMMANDS\n${commands.map(commandSection).join("")}`,
      `.SH EXIT STATUS\n${exitCodes(docs)
        .map(([code, meaning]) => item(code, meaning))
        .join("")}`,
      `.SH FILES\n${item("/etc/lastgood/lastgood.yaml", "The configuration.")}${item("/var/lib/lastgood", "The root: the log, and the snapshots of each app.")}`,
      `.SH SEE ALSO\n${text("The guides are in /usr/share/doc/lastgood.")}\n`
    ].join("")
  })
