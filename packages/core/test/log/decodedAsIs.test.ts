import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { Event } from "../../src/domain/Event.ts"
import { decodedAsIs } from "../../src/log/decodedAsIs.ts"

const schemas = new Map(
  Event.members.map(({ fields }) => {
    const data: Schema.Codec<unknown, unknown> = fields.data
    return [fields.type.literal as string, data]
  })
)

/** Also the order of keys, which `replay --json` shows. */
const assertAgrees = (schema: Schema.Codec<unknown, unknown>, value: unknown) => {
  if (!decodedAsIs(schema)(value)) return
  const decoded = Schema.decodeUnknownResult(schema)(value)
  assert.isTrue(Result.isSuccess(decoded), `the schema refuses ${JSON.stringify(value)}`)
  assert.strictEqual(JSON.stringify(Result.getOrThrow(decoded)), JSON.stringify(value))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const strange: ReadonlyArray<unknown> = [null, true, 0, Number.POSITIVE_INFINITY, Number.NaN, "", "x", [], [null], {}]

/** The value with one place changed: each place, in each way. */
function* changesOf(value: unknown): Generator<unknown> {
  yield* strange
  if (Array.isArray(value)) {
    yield [...value, ...value]
    for (const [at, one] of value.entries()) for (const other of changesOf(one)) yield value.with(at, other)
  }
  if (!isRecord(value)) return
  yield Object.fromEntries(Object.entries(value).toReversed())
  yield { ...value, more: 1 }
  yield { more: 1, ...value }
  for (const [key, one] of Object.entries(value)) {
    const { [key]: _, ...rest } = value
    yield rest
    yield { ...rest, [key]: one }
    for (const other of changesOf(one)) yield { ...value, [key]: other }
  }
}

const fixtures = join(import.meta.dirname, "../../../../test/fixtures/events")

/** Verifies: LAW-6 */
describe("decodedAsIs", () => {
  it("agrees with the schema of every event, and about every change of its fixture", () => {
    for (const file of readdirSync(fixtures).filter((name) => /\.v\d+\.json$/.test(name))) {
      const { data, type } = JSON.parse(readFileSync(join(fixtures, file), "utf8"))
      const schema = schemas.get(type)
      assert(schema !== undefined)
      for (const value of [data, ...changesOf(data)]) assertAgrees(schema, value)
    }
  })

  it.effect.prop(
    "knows every event as its schema decodes it",
    { event: Event },
    ({ event: { data, type } }) =>
      Effect.sync(() => {
        const schema = schemas.get(type)
        assert(schema !== undefined)
        const read = Schema.decodeUnknownResult(schema)(JSON.parse(JSON.stringify(data)))
        // JSON writes NaN as null.
        if (Result.isFailure(read)) return
        const hasFields = SchemaAST.isObjects(schema.ast) && schema.ast.propertySignatures.length > 0
        assert.strictEqual(decodedAsIs(schema)(read.success), hasFields, JSON.stringify(read.success))
        assertAgrees(schema, read.success)
      }),
    { arbitrary: { runs: 500 } }
  )

  it("leaves to the schema what it does not know", () => {
    const Number_ = Schema.FiniteFromString
    assert.isFalse(decodedAsIs(Number_)("1"))
    assert.isFalse(decodedAsIs(Schema.Struct({ at: Number_ }))({ at: "1" }))
    assert.isFalse(decodedAsIs(Schema.Record(Schema.String, Schema.String))({ a: "b" }))
    const either = Schema.Union([
      Schema.Struct({ a: Schema.String }),
      Schema.Struct({ a: Schema.String, b: Schema.String })
    ])
    assert.isFalse(decodedAsIs(either)({ a: "", b: "" }))
  })
})
