/**
 * One file for every version of every event that was ever released. They are only added to: a fixture that has to be
 * edited for a test to pass means that logs in the field cannot be read any more.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Event, isUnknown, make } from "../../src/domain/Event.ts"
import { decodeEnvelope, encodeEvent } from "../../src/log/Codec.ts"
import type { Envelope } from "../../src/log/EventStore.ts"
import { genesis } from "../../src/log/HashChain.ts"
import { upcasters } from "../../src/log/Upcast.ts"

const folder = join(import.meta.dirname, "../../../../test/fixtures/events")
const files = readdirSync(folder).filter((file) => /\.v\d+\.json$/.test(file))

const load = (file: string): Envelope => ({
  id: "0193a0c4-7a2e-7cc1-9f6e-0c5b8d1f2a10",
  stream: "app/keycloak",
  version: 1,
  position: 1,
  at: "2026-11-22T03:00:00.000Z",
  actor: "reconciler",
  attempt: null,
  prev: genesis,
  hash: genesis,
  ...JSON.parse(readFileSync(join(folder, file), "utf8"))
})

/** Every released version of every event: 1 to the newest. */
const newestVersions: ReadonlyArray<{ readonly type: string; readonly newest: number }> = Event.members.map(
  ({ fields: { type, v } }) => ({ type: type.literal, newest: v.literal })
)
const released = newestVersions.flatMap(({ type, newest }) =>
  Array.from({ length: newest }, (_, index) => ({ type, v: index + 1, newest }))
)

const fromJson = (data: unknown): unknown => JSON.parse(JSON.stringify(data))

/** Verifies: LAW-6 */
describe("event fixtures", () => {
  it("exist for every released version of every event, and for nothing else", () => {
    assert.deepStrictEqual([...files].sort(), released.map(({ type, v }) => `${type}.v${v}.json`).sort())
  })

  it("contain the event in their name", () => {
    for (const file of files) {
      const { type, v } = load(file)
      assert.strictEqual(`${type}.v${v}.json`, file)
    }
  })

  for (const { type, v, newest } of released) {
    it.effect(`${type} v${v} decodes${v === newest ? " and encodes to what is in the file" : ` to v${newest}`}`, () =>
      Effect.gen(function* () {
        const envelope = load(`${type}.v${v}.json`)
        const event = yield* decodeEnvelope(envelope)
        assert(!isUnknown(event))
        assert.strictEqual(`${event.type} v${event.v}`, `${type} v${newest}`)
        if (v === newest) {
          assert.deepStrictEqual(encodeEvent(event), { type: envelope.type, v: envelope.v, data: envelope.data })
        }
      })
    )
  }

  for (const { type, newest } of newestVersions) {
    it.effect(`${type} made by \`make\` is written at v${newest} and read as what was made`, () =>
      Effect.gen(function* () {
        const envelope = load(`${type}.v${newest}.json`)
        const event = yield* decodeEnvelope(envelope)
        assert(!isUnknown(event))
        const made = make(event.type, event.data)
        assert.deepStrictEqual(made, event)
        const { type: name, v, data } = encodeEvent(made)
        assert.deepStrictEqual([name, v], [type, newest])
        assert.deepStrictEqual(yield* decodeEnvelope({ ...envelope, type: name, v, data: fromJson(data) }), event)
      })
    )
  }

  for (const file of readdirSync(join(folder, "optional"))) {
    it.effect(`optional/${file}, with a key that was added later, decodes and encodes to what is in the file`, () =>
      Effect.gen(function* () {
        const envelope = load(join("optional", file))
        const event = yield* decodeEnvelope(envelope)
        assert(!isUnknown(event))
        assert.deepStrictEqual(encodeEvent(event), { type: envelope.type, v: envelope.v, data: envelope.data })
      })
    )
  }

  it("have one schema for each type", () => {
    const types = newestVersions.map(({ type }) => type)
    assert.deepStrictEqual(types, [...new Set(types)])
  })

  it("of an older version have a conversion to the next", () => {
    for (const { type, v, newest } of released) {
      if (v < newest) assert.isDefined(upcasters[type]?.[v], `${type} v${v}`)
    }
  })
})
