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
import { given, v1, v2 } from "../domain/given.ts"
import { runtimeWith } from "../health/runtime.ts"
import { asFolder, makeApp, makeVolume } from "../snapshot/fixture.ts"

const meta: SnapshotMeta = {
  ...{ recipe: "", domain: "", commit: v1.commit, version: v1.version, ts: "", volumes: ["shop_db"], format: 1 },
  ...{ id: "s1", app: "web", runtime: "compose", stack: "shop", env: null },
  archives: {
    shop_db: {
      ...{
        file: "db.tar.gz",
        bytes: 1,
        crc: "00000000",
        sha256: null,
        key: "db",
        driver: "local",
        options: {},
        labels: {}
      },
      ...{ include: [], exclude: [] }
    }
  }
}

/** The names of the volumes that a restore of the snapshot replaces, if these are there now. */
const replaced = Effect.fnUntraced(function* (external: ReadonlyArray<string>) {
  const state = given([
    make("DataFoldersNoted", { paths: [], external: [...external] }),
    make("SnapshotTaken", { snapshot: "s1", ...v1, volumes: [], bytes: 0, quietMs: 0 }),
    // The operator has answered otherwise since.
    make("DataFoldersNoted", { paths: ["/srv/media", "/srv/new"], external: [] }),
    make("RollbackStarted", {
      ...{ attempted: v2, lastGood: v1, snapshot: "s1", by: "operator", reason: "" },
      plan: ["stage"]
    })
  ])
  const { attempt } = state
  if (attempt === null) throw new Error("no attempt")
  let names: ReadonlyArray<string> = []
  const runtime = runtimeWith({
    volumes: () =>
      Effect.succeed([
        makeVolume("/nowhere/db", "shop_db"),
        makeVolume("/nowhere/photos", "photos"),
        ...["/srv/media", "/srv/new"].map((path) => asFolder(makeVolume(path)))
      ])
  })
  const ports = Layer.mergeAll(
    Layer.mock(HealthGate)({}),
    Layer.mock(SnapshotStore)({
      list: () => Effect.succeed([{ ...meta, bytes: 1 }]),
      stage: (_, { volumes }) =>
        Effect.sync(() => {
          names = volumes.map(({ name }) => name)
          return meta
        })
    }),
    Layer.mock(DataIdentity)({}),
    Layer.mock(VersionSource)({ existing: () => Effect.succeed(null) }),
    Layer.mock(Commands)({})
  )
  const work = { app: makeApp("/nowhere"), runtime, state, attempt, resumed: false, command: null }
  const events = yield* Effect.provide(perform("stage", work), ports)
  assert.deepStrictEqual(
    events.map(({ type }) => type),
    ["SnapshotStaged"]
  )
  return names
})

/** Verifies: LAW-2, LAW-3 */
describe("a restore", () => {
  it.live("empties what the snapshot lacks, unless it was external when the snapshot was taken", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* replaced([]), ["shop_db", "photos", "/srv/media", "/srv/new"])
      assert.deepStrictEqual(yield* replaced(["/srv/media/films", "volume:photos"]), ["shop_db", "/srv/new"])
      // What the snapshot has is put back, whatever else was said about it.
      assert.include(yield* replaced(["volume:shop_db"]), "shop_db")
    })
  )
})
