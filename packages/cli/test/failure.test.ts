import { assert, describe, it } from "@effect/vitest"
import { Locked } from "@lastgood/core/claim/Claims"
import { SnapshotDamaged } from "@lastgood/core/snapshot/SnapshotStore"
import * as Cause from "effect/Cause"
import { Ended } from "../src/errors.ts"
import { endOf, failureText } from "../src/failure.ts"

describe("the failure of a command", () => {
  it("is reported with the error's message and what to do next", () => {
    const end = endOf(
      Cause.fail(new Locked({ app: "web", holder: "cli:ada, pid 7", waitedMs: 0, next: "wait for it" }))
    )
    assert.deepStrictEqual(end, {
      code: 75,
      failure: {
        tag: "Locked",
        message: "another lastgood is working on web: cli:ada, pid 7 (waited 0 s)",
        next: "wait for it"
      }
    })
  })

  it("fills the app's name into what to do next", () => {
    const { failure } = endOf(Cause.fail(new SnapshotDamaged({ app: "web", snapshot: "s", problems: ["short"] })))
    assert.strictEqual(failure?.next, "lastgood snapshots web, then lastgood restore web --snapshot <another one>")
  })

  it("is reported as a bug, in one line without a stack trace, if it is a defect", () => {
    const { code, failure } = endOf(Cause.die(new TypeError("x is not a function\n    at somewhere")))
    assert.strictEqual(code, 1)
    assert.strictEqual(failure?.message, "this is a bug in lastgood: TypeError: x is not a function")
    assert.include(failure?.next, "lastgood report")
  })

  it("is an error even if a defect came with it", () => {
    const both = Cause.combine(
      Cause.die("late"),
      Cause.fail(new Locked({ app: "web", holder: "h", waitedMs: 0, next: "wait for it" }))
    )
    assert.strictEqual(endOf(both).failure?.tag, "Locked")
  })

  it("is not repeated if the command has reported it", () => {
    assert.deepStrictEqual(endOf(Cause.fail(new Ended({ code: 3 }))), { code: 3, failure: null })
  })

  it("exits with 130 after an interruption", () => {
    assert.deepStrictEqual(endOf(Cause.interrupt()), { code: 130, failure: null })
  })
})

/** Verifies: LAW-13 */
it("cannot move the cursor or hide text in a terminal", () => {
  const text = failureText({ message: "app said \u001B[2J\u001B]0;owned\u0007 \u202Egnp.exe", next: "" })
  assert.strictEqual(text, "lastgood: app said ?[2J?]0;owned? ?gnp.exe")
})
