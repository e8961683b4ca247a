import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Commands } from "../../src/command/Commands.ts"
import { make } from "../../src/domain/Event.ts"
import { perform } from "../../src/engine/perform.ts"
import { HealthGate } from "../../src/health/HealthGate.ts"
import { DataIdentity } from "../../src/snapshot/DataIdentity.ts"
import { type SnapshotMeta, SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { VersionSource } from "../../src/version/VersionSource.ts"
import { adopted, given, v1 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { makeApp, makeVolume } from "../snapshot/fixture.ts"

const sealed: SnapshotMeta = {
  ...{ recipe: "notes", domain: "", commit: v1.commit, version: v1.version, ts: "2026-01-02T03:04:05.000Z" },
  ...{ volumes: [], format: 1, id: "s1", app: "notes", runtime: "local", stack: "notes", env: null, archives: {} }
}

describe("the seal of the last snapshot of a removed app", () => {
  it.live("removes the mirrors, also those that earlier settings asked for", () =>
    Effect.gen(function* () {
      const plan = ["snapshot", "seal", "remove"] as const
      const state = given([
        ...adopted(),
        make("RemoveAttempted", { of: v1, by: "cli", snapshot: "s1", volumes: [], plan: [...plan] }),
        make("SnapshotTaken", { snapshot: "s1", ...v1, bytes: 0, quietMs: 0, volumes: [] })
      ])
      const { attempt } = state
      if (attempt === null) throw new Error("no attempt")
      const volume = makeVolume("/nowhere/data")
      const removed: Array<string> = []
      const ports = Layer.mergeAll(
        Layer.mock(HealthGate)({}),
        Layer.mock(SnapshotStore)({
          seal: () => Effect.succeed(sealed),
          removeMirrors: (_, volumes) => Effect.sync(() => removed.push(...volumes.map(({ name }) => name)))
        }),
        Layer.mock(DataIdentity)({}),
        Layer.mock(VersionSource)({}),
        Layer.mock(Commands)({})
      )
      const runtime = runtimeWith({ volumes: () => Effect.succeed([volume]) })
      const work = { app: makeApp("/nowhere"), runtime, state, attempt, resumed: false, command: null }
      const [event] = yield* Effect.provide(perform("seal", work), ports)
      assert.deepStrictEqual([event.type, removed], ["SnapshotVerified", ["data"]])
    })
  )
})
