import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Commands } from "../../src/command/Commands.ts"
import { make } from "../../src/domain/Event.ts"
import { nothingErasedError } from "../../src/domain/erasable.ts"
import { perform } from "../../src/engine/perform.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { NotQuiet, RuntimeFailed } from "../../src/runtime/RuntimeError.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { adopted, given, v1 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp, makeVolume } from "../snapshot/fixture.ts"

const volumes = ["shop_db", "shop_files"]

/** An app that is removed with two volumes, which are to be deleted next. */
const state = given([
  ...adopted(),
  make("RemoveAttempted", {
    of: v1,
    by: "cli",
    snapshot: "s1",
    volumes,
    plan: ["snapshot", "seal", "remove", "erase"]
  }),
  make("SnapshotTaken", {
    ...{ snapshot: "s1", ...v1, bytes: 0, quietMs: 0 },
    volumes: volumes.map((name) => ({ name, bytes: 0, crc: "" }))
  }),
  make("SnapshotVerified", { snapshot: "s1", ok: true, problems: [], volumes: [] }),
  make("AppRemoved", { by: "cli", snapshot: "s1", volumes })
])

interface World {
  /** Of the snapshot when it is read again. */
  readonly problems: ReadonlyArray<string>
  readonly isQuiet: boolean
  /** A volume that cannot be deleted. */
  readonly stuck?: string
}

/** The event that the step ends with, and the volumes that it deleted. */
const erased = Effect.fnUntraced(function* ({ isQuiet, problems, stuck }: World) {
  const { attempt } = state
  if (attempt === null) throw new Error("no attempt")
  const gone: Array<string> = []
  const runtime = runtimeWith({
    volumes: () => Effect.succeed(volumes.map((name) => ({ ...makeVolume(`/nowhere/${name}`, name) }))),
    assertQuiet: () =>
      isQuiet ? Effect.void : Effect.fail(new NotQuiet({ app: "web", left: ["a backup"], waitedMs: 0 })),
    removeVolume: (_, { name }) =>
      name === stuck
        ? Effect.fail(new RuntimeFailed({ app: "web", operation: "erase", reason: "busy", next: "" }))
        : Effect.sync(() => gone.push(name))
  })
  const ports = Layer.mergeAll(
    Layer.mock(HealthGate)({}),
    Layer.mock(SnapshotStore)({
      verify: () => Effect.succeed({ meta: null, problems }),
      removeMirrors: () => Effect.void
    }),
    Layer.mock(DataIdentity)({}),
    Layer.mock(VersionSource)({}),
    Layer.mock(Commands)({})
  )
  const work = { app: makeApp("/nowhere"), runtime, state, attempt, resumed: false, command: null }
  const [event] = yield* Effect.provide(perform("erase", work), ports)
  return { ended: event.type === "StepFailed" ? event.data.error : event.type, gone }
})

/** Verifies: LAW-3, LAW-15 */
describe("an erase", () => {
  it.live("says that nothing is deleted, if it fails before the first volume", () =>
    Effect.gen(function* () {
      const damaged = yield* erased({ problems: ["cut"], isQuiet: true })
      assert.deepStrictEqual(damaged, { ended: nothingErasedError, gone: [] })
      const busy = yield* erased({ problems: [], isQuiet: false })
      assert.deepStrictEqual(busy, { ended: nothingErasedError, gone: [] })
    })
  )

  it.live("does not say so of a volume that could not be deleted, which may be deleted in part", () =>
    Effect.gen(function* () {
      const first = yield* erased({ problems: [], isQuiet: true, stuck: "shop_db" })
      assert.deepStrictEqual(first, { ended: "RuntimeFailed", gone: [] })
      const second = yield* erased({ problems: [], isQuiet: true, stuck: "shop_files" })
      assert.deepStrictEqual(second, { ended: "RuntimeFailed", gone: ["shop_db"] })
    })
  )

  it.live("deletes the volumes that are in the last snapshot", () =>
    Effect.gen(function* () {
      const { ended, gone } = yield* erased({ problems: [], isQuiet: true })
      assert.deepStrictEqual([ended, gone], ["DataRemoved", volumes])
    })
  )
})
