import { assert, describe, it } from "@effect/vitest"
import { make } from "../../src/domain/Event.ts"
import { statusOf } from "../../src/domain/status.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, given, now } from "./given.ts"

describe("what a held app waits for", () => {
  const waits = (until: string | null) =>
    statusOf("web", given([make("AppHeld", { reason: "audit", until })], "", given(adopted())), now).waitingFor

  it("is the end of the hold, if it has one, and otherwise its release", () => {
    const until = iso(now + 3_600_000)
    assert.strictEqual(waits(until), `the end of the hold at ${until}: audit`)
    assert.strictEqual(waits(null), "the release of the hold: audit")
    assert.isNull(waits(iso(now - 1)))
  })
})
