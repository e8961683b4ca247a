import { assert, describe, it } from "@effect/vitest"
import { testApp } from "@lastgood/testing/testApp"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make } from "../../src/domain/Event.ts"
import { iso } from "../../src/domain/time.ts"
import { withWhatFrees } from "../../src/engine/whatFrees.ts"
import { SnapshotFailed, SnapshotStore } from "../../src/snapshot/SnapshotStore.ts"
import { adopted, day, given, now, v1 } from "../domain/given.ts"

const taken = (snapshot: string) => make("SnapshotTaken", { snapshot, ...v1, volumes: [], bytes: 0, quietMs: 0 })

const aside = make("DataSetAside", { volumes: [{ name: "data", path: "/aside/data" }], until: iso(now + day) })

const state = given([aside], "0198-a1b2c3d4", given([...adopted(), taken("s1"), taken("s2"), taken("s3")]))

const failed = (over: Partial<ConstructorParameters<typeof SnapshotFailed>[0]> = {}) =>
  new SnapshotFailed({
    ...{ app: "web", operation: "stage", reason: "2 GB are needed", next: "free it there, then try again" },
    ...{ noRoom: true, full: "/disk" },
    ...over
  })

const nextOf = (error: SnapshotFailed, found: Effect.Success<ReturnType<SnapshotStore["Service"]["onFilesystemOf"]>>) =>
  withWhatFrees(testApp({ name: "web" }), state, error).pipe(
    Effect.provide(Layer.mock(SnapshotStore)({ onFilesystemOf: () => Effect.succeed(found) })),
    Effect.map(({ next }) => next)
  )

const bytesOf = (id: string, bytes: number) => ({ id, bytes })

describe("a refusal for lack of space", () => {
  /** Verifies: LAW-14 */
  it.effect("names what frees how much, the most first, and nothing that a rollback needs", () =>
    Effect.gen(function* () {
      const snapshots = [bytesOf("s1", 2e9), bytesOf("s2", 1e9), bytesOf("s3", 5e9)]
      assert.strictEqual(
        yield* nextOf(failed(), { snapshots, others: [{ path: "/aside/data", bytes: 3e9 }] }),
        "`lastgood aside rm web 0198-a1b2c3d4` frees 3.00 GB, `lastgood snapshots rm web s1` frees 2.00 GB, " +
          "`lastgood snapshots rm web s2` frees 1.00 GB; or free it there, then try again"
      )
    })
  )

  it.effect("names nothing that is on another filesystem", () =>
    Effect.gen(function* () {
      const own = { snapshots: [], others: [{ path: "/aside/data", bytes: 3e6 }] }
      assert.match(
        yield* nextOf(failed(), own),
        /^`lastgood aside rm web 0198-a1b2c3d4` frees 3\.00 MB; or free it there/
      )
      assert.strictEqual(yield* nextOf(failed(), { snapshots: [], others: [] }), failed().next)
    })
  )

  it.effect("is the only error that does", () =>
    Effect.gen(function* () {
      const found = { snapshots: [bytesOf("s1", 2e9)], others: [] }
      assert.strictEqual(yield* nextOf(failed({ noRoom: false }), found), failed().next)
    })
  )
})
