/** Every command line of lastgood in the docs is one that lastgood takes: its commands, arguments and flags exist. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { vi } from "vitest"

// The arguments are parsed; nothing runs.
vi.mock("../src/lazily.ts", () => ({ lazily: () => () => Effect.void }))

const { root } = await import("../src/cli.ts")

const repository = join(import.meta.dirname, "../../..")
const pages = [
  "README.md",
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name))
].sort()

/** A form of a command with alternatives or left-out parts: not one that is typed. */
const isForm = (line: string): boolean => /[[\]…]|<command>|lastgood --(version|help)$/.test(line)

/** For a command that checks what it gets. */
const fillers: ReadonlyMap<string, string> = new Map([
  ["duration", "1m"],
  ["n", "1"],
  ["shell", "bash"]
])

/** With something in place of what a reader fills in. */
const placed = (line: string): string => line.replaceAll(/<([^<>]+)>/g, (_, what: string) => fillers.get(what) ?? "X")

/** Up to what belongs to the shell or to another program. */
const own = (text: string): string => {
  let quote = ""
  for (const [i, letter] of [...text].entries()) {
    if (quote !== "") quote = letter === quote ? "" : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if (/[|;&>)]/.test(letter) && text[i - 1] !== "\\") return text.slice(0, i)
    else if (letter === "#" && text[i - 1] === " ") return text.slice(0, i)
  }
  return text
}

/** As a shell splits it. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replaceAll(/["']/g, ""))

const linesOf = (page: string): ReadonlyArray<string> => {
  const blocks = [...page.matchAll(/^```sh[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, text = ""]) =>
    text
      .replaceAll("\\\n", " ")
      .replaceAll(/<<'(\w+)'[\s\S]*?^\1$/gm, "")
      .split("\n")
  )
  const typed = blocks.flatMap((line) =>
    [...line.matchAll(/(?:^|[|;&(]\s*)(lastgood .*)/g)].map(([, command = ""]) => command)
  )
  const inline = [...page.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`(lastgood [^@`][^`]*)`/g)].map(
    ([, command = ""]) => command
  )
  return [...new Set([...typed, ...inline].map((line) => own(placed(line)).trim()))].filter((line) => !isForm(line))
}

const silent = CliOutput.layerPresenter({ present: () => Effect.void })

/** Text may name a command without its app, or a flag without its value; but none that does not exist. */
const isMissing = ({ _tag, message }: { readonly _tag: string; readonly message: string }): boolean =>
  _tag === "MissingArgument" || message.startsWith("Missing value for flag")

const problemOf = (line: string) =>
  Command.runWith(root, { version: "" })(wordsOf(line).slice(1)).pipe(
    Effect.scoped,
    Effect.as(null),
    Effect.catch((error) => {
      const errors = error._tag === "ShowHelp" ? error.errors : [error]
      const wrong = errors.filter((one) => !isMissing(one))
      return Effect.succeed(wrong.length === 0 ? null : `${line}: ${wrong.map(({ message }) => message).join("; ")}`)
    }),
    Effect.provide([NodeServices.layer, silent])
  )

describe("the command lines in", () => {
  it.live.each(pages)("%s can be typed", (page) =>
    Effect.gen(function* () {
      const problems = yield* Effect.forEach(linesOf(readFileSync(join(repository, page), "utf8")), problemOf)
      assert.deepStrictEqual(
        problems.filter((problem) => problem !== null),
        []
      )
    })
  )

  it.live("a page with a flag that does not exist cannot", () =>
    Effect.gen(function* () {
      const [line = ""] = linesOf("```sh\necho | lastgood upgrade wiki --too 1.0.0 > out   # no\n```")
      assert.strictEqual(line, "lastgood upgrade wiki --too 1.0.0")
      assert.isNotNull(yield* problemOf(line))
    })
  )
})
