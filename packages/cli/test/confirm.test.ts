import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import { interpreter } from "@lastgood/testing/interpreter"
import { onTerminal } from "@lastgood/testing/onTerminal"
import { startProgram } from "@lastgood/testing/startProgram"
import * as Effect from "effect/Effect"

// Each test starts a process, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 })

const destroyer = [...interpreter, join(import.meta.dirname, "fixtures/destroyer.ts")]
const world = { cwd: import.meta.dirname, env: process.env }
const plan = "removes 1 snapshot of web:\n  20261126T163519Z  1.0.0  1.2 GB\n"
const question = "This cannot be undone. Continue? [y/N] "

const answered = (keys: string) => onTerminal(destroyer, { ...world, typed: { after: question, keys } })

describe("a confirm on a terminal", () => {
  for (const answer of ["y", "yes", "Y"]) {
    it.live(`shows what will happen, and ${answer} lets it happen`, () =>
      Effect.gen(function* () {
        const { code, shown } = yield* answered(`${answer}\n`)
        assert.strictEqual(shown, `${plan}${question}${answer}\ndestroyed\n`)
        assert.strictEqual(code, 0)
      })
    )
  }

  for (const [name, keys] of [
    ["no", "n\n"],
    ["an empty line", "\n"],
    ["anything but yes", "yess\n"],
    ["the end of the input", "\u0004"],
    ["Ctrl-C", "\u0003"]
  ] as const) {
    it.live(`takes ${name} as no, says that nothing was changed, and ends with 130`, () =>
      Effect.gen(function* () {
        const { code, shown } = yield* answered(keys)
        assert.include(shown, "lastgood: nothing was changed\n")
        assert.notInclude(shown, "destroyed")
        assert.strictEqual(code, 130)
      })
    )
  }

  it.live("is answered by --yes", () =>
    Effect.gen(function* () {
      const ran = yield* onTerminal([...destroyer, "--yes"], world)
      assert.deepStrictEqual(ran, { code: 0, shown: "destroyed\n" })
    })
  )
})

describe("a confirm without a terminal", () => {
  const run = (...args: ReadonlyArray<string>) => startProgram([...destroyer, ...args], { ...world, exact: true }).done

  it.live("shows what would happen, and is refused with 64 and what to do", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* run()
      assert.strictEqual(
        stderr,
        `${plan}lastgood: this must be confirmed on a terminal; nothing was changed\nnext: run the same command with --yes, or run it on a terminal\n`
      )
      assert.strictEqual(stdout, "")
      assert.strictEqual(code, 64)
    })
  )

  it.live("is answered by --yes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("--yes"), { code: 0, stdout: "destroyed\n", stderr: "" })
    })
  )
})
