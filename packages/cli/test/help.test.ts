import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type * as HelpDoc from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { root } from "../src/cli.ts"
import { askedHelp } from "../src/help/askedHelp.ts"
import { exitsOf } from "../src/help/explained.ts"
import { helpText } from "../src/help/helpText.ts"

// Commands are parsed, and do nothing.
vi.mock("../src/lazily.ts", () => ({ lazily: () => () => Effect.void }))

/** Runs the command line, and returns the help that it printed, if any. */
const run = (args: ReadonlyArray<string>): Effect.Effect<HelpDoc.HelpDoc | null, unknown> =>
  Effect.gen(function* () {
    let shown: HelpDoc.HelpDoc | null = null
    const present: CliOutput.Presenter["present"] = (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") shown = event.helpDoc
      })
    yield* Command.runWith(root, { version: "0" })(args).pipe(
      Effect.scoped,
      Effect.provide(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })),
      Effect.provide(CliOutput.layerPresenter({ present })),
      Effect.provide(NodeServices.layer)
    )
    return shown
  }) as Effect.Effect<HelpDoc.HelpDoc | null, unknown>

const helpOf = (path: ReadonlyArray<string>): Effect.Effect<HelpDoc.HelpDoc> =>
  Effect.gen(function* () {
    const doc = yield* run([...path, "--help"])
    return doc ?? (yield* Effect.die(new Error(`no help of ${path.join(" ")}`)))
  }).pipe(Effect.orDie)

const pathsBelow = (
  command: Command.Command.Any,
  path: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<string>> => [
  path,
  ...command.subcommands
    .flatMap(({ commands }) => commands)
    .flatMap((child) => pathsBelow(child, [...path, child.name]))
]

const paths = pathsBelow(root, [])

/** As a shell does, up to a redirection. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  [...(line.split(/ [>|<] /)[0] ?? "").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "")

describe("the help of each command", () => {
  for (const path of paths) {
    const name = ["lastgood", ...path].join(" ")
    it.effect(`${name} has a description, examples that are accepted, and exit codes`, () =>
      Effect.gen(function* () {
        const doc = yield* helpOf(path)
        assert.match(doc.description, /^[A-Z].{9,}[^.]$/)
        const examples = doc.examples ?? []
        assert.isAbove(examples.length, 0, "it has no example")
        for (const { command, description } of examples) {
          assert.isTrue(command.startsWith("lastgood "), command)
          assert.isAbove((description ?? "").length, 5, command)
          const [, ...args] = wordsOf(command)
          yield* askedHelp(root, args).pipe(
            Effect.flatMap(run),
            Effect.catch((error) => Effect.die(new Error(`${command}: ${String(error)}`)))
          )
        }
        // The examples of a command are of that command, or of a command of it.
        if (path.length > 0)
          assert.isTrue(
            examples.some(({ command }) => command.startsWith(name)),
            name
          )
        const codes = exitsOf(doc).map(([code]) => code)
        assert.strictEqual(codes[0], 0)
        assert.include(codes, 64)
        assert.deepStrictEqual(
          [...new Set(codes)].toSorted((a, b) => a - b),
          codes
        )
      })
    )

    it.effect(`${name} fits 60 columns`, () =>
      Effect.gen(function* () {
        for (const line of helpText(yield* helpOf(path), 60).split("\n")) {
          const isOneCommand = line.startsWith("  lastgood ")
          if (!isOneCommand) assert.isAtMost(line.length, 60, line)
        }
      })
    )
  }
})

describe("lastgood help", () => {
  it.effect("is the help of a command, and of a command of a command", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* askedHelp(root, ["help"]), ["--help"])
      assert.deepStrictEqual(yield* askedHelp(root, ["help", "upgrade"]), ["upgrade", "--help"])
      assert.deepStrictEqual(yield* askedHelp(root, ["help", "alerts", "ack"]), ["alerts", "ack", "--help"])
      assert.deepStrictEqual(yield* askedHelp(root, ["status"]), ["status"])
    })
  )

  it.effect("of an unknown command names what was meant", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(askedHelp(root, ["help", "alerts", "akc"]))
      assert.strictEqual(error.message, "lastgood alerts akc is not a command; did you mean ack?")
    })
  )
})
