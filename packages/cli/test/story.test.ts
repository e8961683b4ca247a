import { assert, describe, it } from "@effect/vitest"
import { make } from "@lastgood/core/domain/Event"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { storyText } from "../src/render/story.ts"

describe("the story of an attempt", () => {
  it("has each log line of the app on a line of its own, also one with semicolons", () => {
    const reason = "got 500; last log lines: web | ERROR a; b; db | c"
    const event = make("HealthFailed", { version: "1.0.0", tookMs: 1, reason, checks: [] })
    const envelope: Envelope = {
      ...{ id: "e1", stream: "app/wiki", version: 4, position: 9, type: event.type, v: 1, at: "2026-11-30T03:00:00Z" },
      ...{ actor: "reconciler", attempt: "a1", data: event.data, prev: "", hash: "" }
    }
    const lines = storyText([{ envelope, event }]).split("\n")
    assert.deepStrictEqual(
      lines.slice(-3).map((line) => line.trim()),
      ["last log lines:", "web | ERROR a; b", "db | c"]
    )
  })
})
