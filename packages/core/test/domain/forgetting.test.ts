/** Which apps may be forgotten, and the state after it. */
import { assert, describe, it } from "@effect/vitest"
import type { Command } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { make } from "../../src/domain/Event.ts"
import { refusedForgetting } from "../../src/domain/forgetting.ts"
import { nextText } from "../../src/domain/Next.ts"
import { initialStateOf } from "../../src/domain/State.ts"
import { adopted, drive, given, now, v1 } from "./given.ts"

const observed = { present: true, converged: true, version: v1.version, holdsData: true, drift: null }
const running = given(adopted())
const remove: Command = { _tag: "Remove", id: "0199-attempt", now, by: "cli:root", observed, hazards: [], volumes: [] }
const decision = decide(running, remove)
assert(decision._tag === "Begin")
const begun = given(decision.events, "a2", running)
const removed = drive(begun).state
const renamed = given([make("AppRenamed", { to: "shop", by: "cli:root" })], undefined, removed)

/** Verifies: LAW-3, LAW-4, LAW-6 */
describe("an app", () => {
  it("may be forgotten once it was removed, or if nothing of it was ever deployed", () => {
    assert.isNull(refusedForgetting(removed))
    assert.isNull(refusedForgetting(initialStateOf("web")))
  })

  it.each([
    ["should run", running, /should be running$/, "lastgood remove web"],
    ["has an attempt that is not finished", begun, /is not finished$/, "lastgood reconcile"],
    ["is down, and was not removed", { ...running, running: null }, /it was not removed/, "lastgood remove web"],
    [
      "is being renamed: its folder has all its snapshots",
      renamed,
      /being renamed to shop/,
      "lastgood rename web shop"
    ],
    ["has an attempt of a newer lastgood", { ...removed, foreignAttempt: "0200" }, /0200/, "the newer lastgood"]
  ])("is kept while it %s", (_, state, why, next) => {
    const refused = refusedForgetting(state)
    assert.match(refused?.reason ?? "", why)
    assert.include(nextText("web", refused?.next ?? ""), next)
  })

  it("that was forgotten begins anew: nothing that was folded before counts", () => {
    const after = given([make("AppForgotten", { by: "cli:root", snapshots: [] })], undefined, removed)
    assert.deepStrictEqual(after, { ...initialStateOf(removed.app), version: after.version })
    assert.isAbove(after.version, removed.version)
  })
})
