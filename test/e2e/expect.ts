/** What end-to-end tests assert again and again, with failures that show what lastgood said. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeWorld, type Options, type Page, type Ran, v1, type World } from "./harness.ts"

export const expectCode = (ran: Ran, code: number | null): void =>
  assert.strictEqual(ran.code, code, `lastgood said:\n${ran.stdout}\n${ran.stderr}`)

/** The app as it is seen over HTTP, and the version that `last_good` names. */
export const expectApp = Effect.fnUntraced(function* (
  world: World,
  expected: Pick<Page, "version" | "schema" | "rows"> & { readonly lastGood?: string }
) {
  const { version, schema, rows } = yield* world.page
  const lastGood = (yield* world.textOf("root", "demo", "last_good"))?.trim()
  assert.deepStrictEqual(
    { version, schema, rows, lastGood },
    { lastGood: expected.version, ...expected },
    "the app and last_good"
  )
})

/** LAW-2, by the app's own witness: no version ever started on data of a newer schema. */
export const expectNoOldCodeOnNewData = Effect.fnUntraced(function* (world: World) {
  const starts = yield* world.starts
  assert.isNotEmpty(starts)
  assert.deepStrictEqual(
    starts.filter(({ schema, found }) => schema < found),
    []
  )
})

/** LAW-6: the chain of the log is whole. */
export const expectWholeLog = Effect.fnUntraced(function* (world: World) {
  const { events, problems } = yield* world.log
  assert.isNotEmpty(events)
  assert.deepStrictEqual(problems, [])
  return events
})

/** The app's one process is all that is left of everything that ran. */
export const expectNoStrayProcess = Effect.fnUntraced(function* (world: World) {
  const left = yield* world.processes
  assert.strictEqual(left.length, 1, `left: ${JSON.stringify(left)}`)
})

/** A world where 1.0.0 runs with one row. */
export const installed = Effect.fnUntraced(function* (options: Options = {}) {
  const world = yield* makeWorld(options)
  yield* world.tag(v1)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  return world
})
