import { assert, describe, it } from "@effect/vitest"
import { decodeLine, isRequested, lineOf, Order } from "@lastgood/reconciler/http/wire"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const decode = Schema.decodeUnknownEffect(Order)
const order = { app: "demo", request: { _tag: "Snapshot" }, actor: "cli:root", waitMs: 0, progress: false }

describe("what a command asks the daemon for", () => {
  it("is never a program to run", () => {
    const tried = { _tag: "Try", ref: "main", fetch: true } as const
    assert.isTrue(isRequested({ ...tried, command: null }))
    assert.isFalse(isRequested({ ...tried, command: { argv: ["true"], timeoutMs: 1 } }))
    assert.isFalse(isRequested({ _tag: "Resume" }))
    assert.isFalse(isRequested({ _tag: "Upgrade", to: null, trigger: "reconciler", fetch: true }))
  })

  it.effect("is recorded as the command's own, and not as another actor's", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* decode(order), order)
      for (const actor of ["reconciler", "http", "cli:", "cli:a\nb"]) {
        yield* Effect.flip(decode({ ...order, actor }))
      }
    })
  )
})

it.effect("a line of the daemon's answer is read as it was written", () =>
  Effect.gen(function* () {
    const line = { _tag: "Failed", tag: "Locked", message: "a\nb", next: "wait", busy: true } as const
    const text = lineOf(line)
    assert.strictEqual(text.indexOf("\n"), text.length - 1)
    assert.deepStrictEqual(yield* decodeLine(text), line)
  })
)
