import { assert, describe, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import { root } from "../src/cli.ts"
import { askedBy } from "../src/completion/asked.ts"

const tree = Completions.fromCommand(root)
const json = { name: "json", aliases: [], description: undefined, type: { _tag: "Boolean" } } as const
const config = { name: "config", aliases: [], description: undefined, type: { _tag: "String" } } as const

const asked = (...words: ReadonlyArray<string>) => askedBy(tree, [json, config], words)
const offers = (...words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found = asked(...words)
  return found._tag === "Offers" ? found.offers.map(({ value }) => value) : []
}

describe("a shell asks", () => {
  it("for a command, but not for one that is not listed", () => {
    assert.include(offers(""), "upgrade")
    assert.notInclude(offers(""), "complete")
    assert.deepStrictEqual(offers("plugin", ""), ["new", "test"])
  })

  it("for the flags of a command and those of every command", () => {
    assert.include(offers("upgrade", "web", "-"), "--accept-notes")
    assert.include(offers("upgrade", "web", "-"), "--json")
  })

  it("for an app, also beside the commands of a command", () => {
    assert.deepInclude(asked("upgrade", ""), { _tag: "Value", name: "app", app: null })
    assert.deepInclude(asked("--json", "--config", "x", "upgrade", ""), { _tag: "Value", name: "app" })
    assert.deepInclude(asked("aside", "rm", "web", ""), { command: "aside rm", name: "attempt", app: "web" })
    const alerts = asked("alerts", "")
    assert.deepStrictEqual(alerts._tag === "Value" && alerts.or.map(({ value }) => value), ["ack"])
  })

  it("for the value of a flag, in the next word or in the same", () => {
    const expected = { _tag: "Value", name: "to", app: "web" } as const
    assert.deepInclude(asked("upgrade", "web", "--to", ""), { ...expected, before: "" })
    assert.deepInclude(asked("upgrade", "web", "--to=1"), { ...expected, before: "--to=" })
    // As bash splits it.
    assert.deepInclude(asked("upgrade", "web", "--to", "=", "1"), { ...expected, before: "" })
    assert.deepInclude(asked("upgrade", "web", "--to", "="), { ...expected, before: "" })
  })

  it("for one of the words that an argument may be", () => {
    assert.deepStrictEqual(offers("completions", ""), ["bash", "zsh", "fish"])
  })

  it("for nothing after the last argument, and not for the words of another command", () => {
    assert.deepStrictEqual(offers("upgrade", "web", ""), [])
    assert.deepStrictEqual(asked("try", "web", "main", "--", ""), { _tag: "Foreign" })
  })
})
