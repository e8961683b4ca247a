import { assert, describe, it } from "@effect/vitest"
import { parseProcfile } from "@lastgood/core/runtime/local/Procfile"
import * as Result from "effect/Result"

const entries = (text: string) => {
  const result = parseProcfile(text)
  return Result.isSuccess(result) ? result.success.map(({ name, command, line }) => [name, command, line]) : []
}

const failure = (text: string) => {
  const result = parseProcfile(text)
  return Result.isFailure(result) ? result.failure : "it is valid"
}

describe("parseProcfile", () => {
  it("reads names and commands, between comments and blank lines, in the file's order", () => {
    assert.deepStrictEqual(entries("# the app\n\nweb: exec ./server --port 80\r\n  clock-1:tick # fast\n"), [
      ["web", "exec ./server --port 80", 3],
      ["clock-1", "tick # fast", 4]
    ])
  })

  it("leaves quotes, colons and equal signs to the shell", () => {
    assert.deepStrictEqual(entries(`web: A=1 sh -c 'echo "a: b"'`), [["web", `A=1 sh -c 'echo "a: b"'`, 1]])
  })

  it("names the line of an error", () => {
    assert.match(failure("web: true\n\nserver\n"), /^Procfile:3: expected `name: command` \(/)
    assert.match(failure("web:\n"), /^Procfile:1: expected/)
    assert.match(failure("../web: true\n"), /^Procfile:1: expected/)
    assert.match(failure("-web: true\n"), /^Procfile:1: expected/)
    assert.match(failure("web: a\0b\n"), /^Procfile:1: expected/)
    assert.match(failure("web: a\nother: b\nweb: c\n"), /^Procfile:3: `web` is defined twice, first on line 1$/)
    assert.match(failure("# nothing\n"), /defines no process/)
  })
})
