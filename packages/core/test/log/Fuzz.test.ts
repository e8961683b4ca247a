/**
 * Rows that lastgood never wrote: whatever is in the data of an event, decoding answers with the event, with an unknown
 * one, or with an error that names it. Never a crash, never without an end.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { advance } from "../../src/domain/advance.ts"
import { Event, isUnknown } from "../../src/domain/Event.ts"
import { evolve, fold, type Recorded } from "../../src/domain/evolve.ts"
import { initialStateOf, phaseOf, plainState } from "../../src/domain/State.ts"
import { statusOf } from "../../src/domain/status.ts"
import { decodeResult, EventUndecodable } from "../../src/log/Codec.ts"
import { maxDepth } from "../../src/log/Depth.ts"
import type { Envelope } from "../../src/log/EventStore.ts"
import { genesis, toEnvelope } from "../../src/log/HashChain.ts"

const types = Event.members.map(({ fields }) => fields.type.literal)
const newest = new Map<string, number>(Event.members.map(({ fields }) => [fields.type.literal, fields.v.literal]))

const envelope = (type: string, v: number, data: unknown): Envelope => ({
  ...{ id: "i", stream: "app/web", version: 1, position: 1, type, v, at: "2026-11-22T03:00:00.000Z" },
  ...{ actor: "cli:root", attempt: null, data, prev: genesis, hash: genesis }
})

const nested = (open: string, close: string, depth: number): unknown =>
  JSON.parse(open.repeat(depth) + (open.endsWith(":") ? "1" : "") + close.repeat(depth))

const malicious: ReadonlyArray<unknown> = [
  null,
  "text",
  -0,
  1e308,
  Number.POSITIVE_INFINITY,
  [],
  nested("[", "]", maxDepth),
  nested('{"data":', "}", maxDepth),
  nested('{"step":', "}", maxDepth),
  JSON.parse('{"__proto__":{"step":"deploy"},"constructor":{"prototype":{"step":"x"}}}'),
  JSON.parse('{"step":{"toString":1,"valueOf":2},"toJSON":"x"}'),
  JSON.parse('{"plan":{"length":4294967295},"to":[],"from":"x","trigger":{},"snapshot":1e400}'),
  { step: "deploy", try: 1, plan: Array.from({ length: 100_000 }, () => "deploy") },
  { step: "x".repeat(1_000_000), try: 1, error: "\u0000\u009b31m", reason: "\u202e", next: "\ud800" },
  { version: "../../etc", commit: "--upload-pack=x", snapshot: "/etc/passwd", volumes: [{ name: "..", path: "/" }] }
]

/** An answer of the codec, and where it knows the event, a state that everything that reads it can take. */
const answered = (type: string, v: number, data: unknown): void => {
  const result = decodeResult(envelope(type, v, data))
  if (Result.isFailure(result)) {
    assert.instanceOf(result.failure, EventUndecodable)
    assert.isString(result.failure.message)
    assert.isNotEmpty(result.failure.next)
    return
  }
  const event = result.success
  assert.strictEqual(isUnknown(event), v > (newest.get(type) ?? Number.NEGATIVE_INFINITY))
  const state = evolve(initialStateOf("web"), { version: 1, at: "2026-11-22T03:00:00.000Z", attempt: "a", event })
  advance(state, 0)
  phaseOf(state)
  statusOf("web", state, 0)
}

/** Verifies: LAW-6, LAW-13 */
describe("decoding", () => {
  for (const type of [...types, "__proto__", "constructor", "toString", "FromTheFuture", ""]) {
    it(`never throws for ${type || "no type"} with any data`, () => {
      for (const v of [1, 2, 3, 0, -1, Number.MAX_SAFE_INTEGER]) for (const data of malicious) answered(type, v, data)
    })
  }

  it.effect.prop(
    "never throws for any JSON",
    { type: Schema.Literals(types), v: Schema.Literals([0, 1, 2, 3]), data: Schema.Json },
    ({ data, type, v }) => Effect.sync(() => answered(type, v, data)),
    { arbitrary: { runs: 500 } }
  )

  it.effect.prop(
    "never throws for events with a wrong or missing field",
    { event: Event, other: Event },
    ({ event, other }) =>
      Effect.sync(() => {
        for (const key of Object.keys(event.data)) {
          const { [key]: _gone, ...rest } = event.data as Record<string, unknown>
          answered(event.type, event.v, rest)
          for (const value of Object.values(other.data)) answered(event.type, event.v, { ...rest, [key]: value })
        }
      }),
    { arbitrary: { runs: 200 } }
  )

  it("reports text that is nested deeper than the limit of the log as damage", () => {
    const stored = (text: string) => ({ ...envelope("X", 1, null), text })
    for (const depth of [maxDepth + 1, 100_000, 5_000_000]) {
      assert.throws(() => toEnvelope(stored("[".repeat(depth) + "]".repeat(depth))), SyntaxError)
      assert.throws(() => toEnvelope(stored('{"a":'.repeat(depth))), SyntaxError)
    }
    const deepest = toEnvelope(stored("[".repeat(maxDepth) + "]".repeat(maxDepth)))
    assert.strictEqual(JSON.stringify(deepest.data), "[".repeat(maxDepth) + "]".repeat(maxDepth))
    // Brackets in a string are text.
    assert.strictEqual(toEnvelope(stored(JSON.stringify('\\"['.repeat(5000)))).data, '\\"['.repeat(5000))
  })
})

const recordedOf = (events: ReadonlyArray<Event>): ReadonlyArray<Recorded> =>
  events.map((event, i) => ({
    version: i + 1,
    at: `2026-11-22T03:00:0${i % 10}.000Z`,
    attempt: i % 3 === 0 ? null : `a${i % 4}`,
    event
  }))

/** Verifies: LAW-6 */
describe("folding", () => {
  it.effect.prop(
    "gives the same state for any events in any order, also in parts",
    { events: Schema.Array(Event) },
    ({ events }) =>
      Effect.sync(() => {
        const recorded = recordedOf(events)
        const whole = fold(recorded, initialStateOf("web"))
        assert.deepStrictEqual(fold(recorded, initialStateOf("web")), whole)
        for (let cut = 0; cut <= recorded.length; cut++) {
          const before = fold(recorded.slice(0, cut), initialStateOf("web"))
          const kept = structuredClone(plainState(before))
          assert.deepStrictEqual(fold(recorded.slice(cut), before), whole)
          assert.deepStrictEqual(plainState(before), kept, "a state is never changed in place")
          advance(before, 0)
          statusOf("web", before, 0)
        }
      }),
    { arbitrary: { runs: 200 } }
  )
})
