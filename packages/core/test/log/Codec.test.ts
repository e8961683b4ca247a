import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Event, isUnknown } from "../../src/domain/Event.ts"
import { decodeEnvelope, EventUndecodable, encodeEvent, make } from "../../src/log/Codec.ts"
import type { Envelope } from "../../src/log/EventStore.ts"
import { genesis } from "../../src/log/HashChain.ts"
import { step, type Upcasters } from "../../src/log/Upcast.ts"

const envelope = (type: string, v: number, data: unknown): Envelope => ({
  id: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a10",
  stream: "app/keycloak",
  version: 3,
  position: 7,
  type,
  v,
  at: "2026-11-22T03:00:00.000Z",
  actor: "cli:root",
  attempt: null,
  data,
  prev: genesis,
  hash: genesis
})

/** JSON holds neither NaN nor the infinities (stores refuse them), nor the sign of zero. */
const isJson = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isFinite(value) && !Object.is(value, -0)
    : typeof value !== "object" || value === null || Object.values(value).every(isJson)

/** Verifies: LAW-6 */
describe("Codec", () => {
  it.effect.prop(
    "decodes every encoded event to itself",
    { event: Event },
    ({ event }) =>
      Effect.gen(function* () {
        if (!isJson(event)) return
        const { type, v, data } = encodeEvent(event)
        assert.deepStrictEqual(yield* decodeEnvelope(envelope(type, v, JSON.parse(JSON.stringify(data)))), event)
      }),
    { arbitrary: { runs: 500 } }
  )

  it.effect("keeps an event of an unknown type raw", () =>
    Effect.gen(function* () {
      const data = { anything: [1, null] }
      const event = yield* decodeEnvelope(envelope("FromTheFuture", 1, data))
      assert.isTrue(isUnknown(event))
      assert.deepStrictEqual(event, { unknown: true, type: "FromTheFuture", v: 1, data })
    })
  )

  it.effect("keeps an event of a newer version raw", () =>
    Effect.gen(function* () {
      const event = yield* decodeEnvelope(envelope("StepDone", 2, "new shape"))
      assert.deepStrictEqual(event, { unknown: true, type: "StepDone", v: 2, data: "new shape" })
    })
  )

  it.effect("ignores an optional field that a newer lastgood added to a known version", () =>
    Effect.gen(function* () {
      const event = yield* decodeEnvelope(envelope("StepDone", 1, { step: "prefetch", tookMs: 3 }))
      assert.deepStrictEqual(event, { type: "StepDone", v: 1, data: { step: "prefetch" } })
    })
  )

  it.effect("fails on a known event that cannot be decoded, and names position, type and field", () =>
    Effect.gen(function* () {
      const data = { snapshot: "s", volumes: ["data", 5], tookMs: 1 }
      const error = yield* Effect.flip(decodeEnvelope(envelope("SnapshotStaged", 1, data)))
      assert.instanceOf(error, EventUndecodable)
      assert.deepInclude(error, {
        position: 7,
        stream: "app/keycloak",
        type: "SnapshotStaged",
        v: 1,
        field: "volumes.1"
      })
      assert.match(error.message, /position 7 .*SnapshotStaged.*volumes\.1.*string/i)
      assert.include(error.next, "position 7")
    })
  )

  it.effect("fails on a missing field, on missing data, and on an unreleased version", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(decodeEnvelope(envelope("StepDone", 1, {})))).field, "step")
      assert.strictEqual((yield* Effect.flip(decodeEnvelope(envelope("StepDone", 1, null)))).field, "")
      assert.match(
        (yield* Effect.flip(decodeEnvelope(envelope("StepDone", 0, { step: "x" })))).reason,
        /never released/
      )
    })
  )
})

const Updated = Schema.Struct({
  type: Schema.Literal("Updated"),
  v: Schema.Literal(3),
  data: Schema.Struct({
    to: Schema.Struct({ image: Schema.String, digest: Schema.NullOr(Schema.String) }),
    by: Schema.String
  })
})

const upcasters: Upcasters = {
  Updated: {
    1: step(Schema.Struct({ image: Schema.String }), ({ image }) => ({ to: { image, digest: null } })),
    2: step(
      Schema.Struct({ to: Schema.Struct({ image: Schema.String, digest: Schema.NullOr(Schema.String) }) }),
      ({ to }) => ({ to, by: "unknown" })
    )
  }
}

/** Verifies: LAW-6 */
describe("Upcast", () => {
  const { decode } = make<typeof Updated.Type>([Updated], upcasters)

  it("converts an event of each released version to the newest, step by step", () => {
    const to = { image: "web:2", digest: null }
    const newest = { type: "Updated", v: 3, data: { to, by: "unknown" } }
    const decoded = (v: number, data: unknown): unknown => Result.getOrThrow(decode(envelope("Updated", v, data)))
    assert.deepStrictEqual(decoded(1, { image: "web:2" }), newest)
    assert.deepStrictEqual(decoded(2, { to }), newest)
    assert.deepStrictEqual(decoded(3, { to, by: "unknown" }), newest)
  })

  it("fails on old data that does not match its version, and names the field", () => {
    const result = decode(envelope("Updated", 2, { to: { image: 5, digest: null } }))
    assert(Result.isFailure(result))
    assert.deepInclude(result.failure, { v: 2, field: "to.image" })
  })

  it("fails if a step is missing", () => {
    const gap = make<typeof Updated.Type>([Updated], { Updated: { 1: (data) => Result.succeed(data) } })
    const result = gap.decode(envelope("Updated", 1, { image: "web:2" }))
    assert(Result.isFailure(result))
    assert.match(result.failure.reason, /never released/)
  })
})
