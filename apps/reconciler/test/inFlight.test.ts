import { assert, describe, it } from "@effect/vitest"
import { make } from "@lastgood/core/domain/Event"
import { makeInFlight } from "../src/InFlight.ts"

const step = make("StepStarted", { step: "snapshot", try: 1 })

describe("the status of the daemon", () => {
  it("follows the number of its apps, also after a reload, and their attempts", () => {
    const inFlight = makeInFlight()
    inFlight.watch(1)
    assert.strictEqual(inFlight.status(), "watches 1 app")
    inFlight.watch(2)
    inFlight.follow("wiki", step)
    assert.strictEqual(inFlight.status(), "watches 2 apps; works on wiki (snapshot)")
    inFlight.follow("wiki", make("AttemptEnded", { outcome: "done", why: "" }))
    assert.strictEqual(inFlight.status(), "watches 2 apps")
  })
})
