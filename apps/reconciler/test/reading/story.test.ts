import { assert, describe, it } from "@effect/vitest"
import { type Event, make } from "@lastgood/core/domain/Event"
import { storyOf } from "../../src/reading/story.ts"

const of = (...events: ReadonlyArray<Event>) => storyOf(events.map((event) => ({ at: "2026-11-30T03:00:00Z", event })))

const reason =
  "health gate failed after 6 s: http http://127.0.0.1/health: got 500; last log lines: web | ERROR a; b; db | c"

describe("the story of an attempt", () => {
  it("says a failure in full once, with the app's own lines apart", () => {
    const [failed, ended] = of(
      make("StepStarted", { step: "health", try: 1 }),
      make("HealthFailed", { version: "1.0.0", tookMs: 1, reason, checks: [] }),
      make("AttemptEnded", { outcome: "recovered", why: reason.slice(0, 80) })
    )
    assert.deepInclude(failed, {
      what: "1.0.0: health gate failed after 6 s: http http://127.0.0.1/health: got 500",
      lines: ["web | ERROR a; b", "db | c"],
      isFailure: true
    })
    assert.deepInclude(ended, { what: "recovered: as above", isFailure: false })
  })
})
