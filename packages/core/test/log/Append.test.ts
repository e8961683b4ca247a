import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { prepare } from "../../src/log/Append.ts"
import type { NewEvent } from "../../src/log/EventStore.ts"

const event: NewEvent = { id: "a", type: "StepDone", v: 1, at: "2026", actor: "cli:root", attempt: null, data: {} }

const reasonOf = (change: Partial<NewEvent>, stream = "app/a") => {
  const result = prepare(stream, [{ ...event, ...change }])
  return Result.isFailure(result) ? result.failure.message : ""
}

/** Verifies: LAW-6 */
describe("prepare", () => {
  const unfit: ReadonlyArray<[string, unknown, RegExp]> = [
    ["NaN", { a: [{ b: Number.NaN }] }, /data\.a\.0\.b is NaN/],
    ["Infinity", { a: Number.POSITIVE_INFINITY }, /data\.a is Infinity/],
    ["a bigint", { a: 1n }, /data\.a is of type bigint/],
    ["a date", { a: new Date(0) }, /data\.a is an instance of a class/],
    ["a map", new Map(), /data is an instance of a class/],
    ["a function", { a: () => 1 }, /data\.a is of type function/],
    ["undefined", undefined, /data is of type undefined/],
    ["undefined in an array", { a: [undefined] }, /data\.a\.0 is of type undefined/]
  ]
  for (const [what, data, reason] of unfit) {
    it(`refuses ${what}, which JSON would change, and names the field`, () => {
      assert.match(reasonOf({ data }), reason)
    })
  }

  it("treats an undefined field as absent", () => {
    const result = prepare("app/a", [{ ...event, data: { a: undefined, b: 1 } }])
    assert.isTrue(Result.isSuccess(result) && result.success[0]?.text === '{"b":1}')
  })

  it("refuses text that a database would change", () => {
    assert.match(reasonOf({ actor: "a\u0000b" }), /actor is/)
    assert.match(reasonOf({ type: "\ud800" }), /type is/)
    assert.match(reasonOf({ id: "" }), /id is ""/)
    assert.match(reasonOf({ attempt: "" }), /attempt is ""/)
    assert.match(reasonOf({}, ""), /stream is ""/)
  })

  it("refuses an invalid schema version", () => {
    for (const v of [0, -1, 1.5, Number.NaN]) assert.match(reasonOf({ v }), /v is/)
  })
})
