import { assert, describe, it } from "@effect/vitest"
import { type Act, askedBy, commandOf } from "../../../src/pages/acts/Act.ts"

const asked = (name: Act["name"], subject: string, fields: Readonly<Record<string, string>> = {}) =>
  askedBy({ name, app: "blog", subject }, new URLSearchParams(fields))

describe("the form of a confirm page", () => {
  it("asks for what the page has shown, and for nothing else", () => {
    assert.deepStrictEqual(asked("upgrade", "1.1.0", { notes: "done", to: "9.9.9", fetch: "true" }), {
      begin: { _tag: "Upgrade", to: "1.1.0", trigger: "operator", fetch: false, acceptNotes: true }
    })
    assert.deepStrictEqual(asked("rollback", "s1"), { begin: { _tag: "Rollback", snapshot: "s1" } })
    assert.deepStrictEqual(asked("restore", "s1"), { begin: { _tag: "Restore", snapshot: "s1" } })
    assert.deepStrictEqual(asked("hold", "", { reason: " a day off ", for: "86400" }), {
      record: { _tag: "Hold", reason: "a day off", forMs: 86_400_000 }
    })
    assert.deepStrictEqual(asked("hold", "", { reason: "x", for: "" }), {
      record: { _tag: "Hold", reason: "x", forMs: null }
    })
    assert.deepStrictEqual(asked("deploy", "1.1.0", { to: "9.9.9", fetch: "true" }), {
      begin: { _tag: "Deploy", to: "1.1.0", fetch: false, withoutData: false }
    })
    assert.deepStrictEqual(asked("promote", "", { snapshot: "yes", data: "given-up" }), {
      begin: { _tag: "Promote", version: null, capture: true, teardown: false, withoutData: true }
    })
    assert.deepStrictEqual(asked("promote", ""), {
      begin: { _tag: "Promote", version: null, capture: false, teardown: false, withoutData: false }
    })
    assert.deepStrictEqual(asked("interrupt", "a1"), { interrupt: "a1" })
    assert.deepStrictEqual(asked("stop", ""), { begin: { _tag: "Stop" } })
    assert.deepStrictEqual(asked("start", ""), { begin: { _tag: "Start" } })
    assert.deepStrictEqual(asked("retry", ""), { record: { _tag: "Retry", version: null } })
    assert.deepStrictEqual(asked("acknowledge", "a1"), { record: { _tag: "Acknowledge", alert: "a1" } })
  })

  it("is refused if it lacks what the page would have put into it", () => {
    // The newest version, or the newest snapshot, may be another one by now.
    for (const name of ["upgrade", "deploy", "interrupt", "rollback", "restore", "approve", "withdraw"] as const) {
      assert.property(asked(name, ""), "wrong")
    }
    for (const reason of ["", "  ", "a\nb", "x".repeat(501)])
      assert.property(asked("hold", "", { reason, for: "" }), "wrong")
    for (const time of ["1", "-1", "1e9", "x"]) assert.property(asked("hold", "", { reason: "x", for: time }), "wrong")
    assert.property(asked("retry", "a\u0000b"), "wrong")
  })

  /** Verifies: LAW-3 */
  it("never asks to delete volumes", () => {
    assert.deepStrictEqual(asked("remove", "", { data: "true" }), { begin: { _tag: "Remove", data: false } })
    assert.deepStrictEqual(asked("remove", "", { data: "given-up" }), { begin: { _tag: "Remove", data: false } })
  })

  it("has a command that does the same", () => {
    for (const name of ["stop", "start", "remove"] as const) {
      assert.strictEqual(commandOf({ name, app: "blog", subject: "" }), `lastgood ${name} blog`)
    }
    assert.strictEqual(
      commandOf({ name: "upgrade", app: "blog", subject: "1.1.0" }),
      "lastgood upgrade blog --to 1.1.0"
    )
    assert.strictEqual(
      commandOf({ name: "restore", app: "blog", subject: "s1" }),
      "lastgood restore blog --snapshot s1"
    )
    assert.strictEqual(commandOf({ name: "release", app: "_host", subject: "" }), "lastgood release _host")
    assert.strictEqual(commandOf({ name: "acknowledge", app: "blog", subject: "" }), "lastgood alerts ack blog --all")
  })
})
