/**
 * The steps that snapshot and restore, over the real local runtime and the real store, while a real process begins to
 * hold a file of the volume open after the first proof of quiet.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Attempt } from "@lastgood/core/domain/Attempt"
import { make } from "@lastgood/core/domain/Event"
import { begin, rollbackStarted } from "@lastgood/core/domain/folding/attempt"
import { initialStateOf } from "@lastgood/core/domain/State"
import { restore } from "@lastgood/core/engine/steps/restore"
import { snapshot } from "@lastgood/core/engine/steps/snapshot"
import type { Work } from "@lastgood/core/engine/steps/Work"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import * as FolderIdentity from "@lastgood/core/snapshot/FolderIdentity"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import { layer } from "@lastgood/core/snapshot/TarSnapshots"
import { VersionSource } from "@lastgood/core/version/VersionSource"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { localWorld, until } from "./LocalWorld.ts"

const from = { version: "1.0.0", commit: "c0ffee" }

const at = "2026-01-02T03:04:05.000Z"

const attempt = (id: string, back: string | null): Attempt => {
  const to = { version: "2.0.0", commit: "beef" }
  const asked = { from, to, plan: [], snapshot: id, trigger: "operator" }
  const forward = begin(initialStateOf("web"), id, at, make("UpgradeAttempted", asked))
  if (back === null) return forward
  const start = { attempted: null, lastGood: from, snapshot: back, by: "failure", reason: "a test", plan: [] } as const
  const begun = { ...initialStateOf("web"), attempt: { ...forward, deployBegun: true, snapshotTaken: true } }
  return rollbackStarted(begun, start, id, at).attempt ?? forward
}

const ports = Layer.mergeAll(
  layer,
  FolderIdentity.layer,
  Layer.mock(VersionSource)({
    existing: (_app, ref) => Effect.succeed({ ...ref, dir: "/nowhere", envFile: null })
  })
)

const scene = Effect.gen(function* () {
  const { app, runtime, data } = yield* localWorld("")
  fs.mkdirSync(data(), { recursive: true })
  fs.writeFileSync(data("marker"), "good")
  let late: ChildProcess | undefined
  const stop = Effect.sync(() => late?.kill("SIGKILL"))
  yield* Effect.addFinalizer(() => stop)
  // It keeps its file open and still: tar itself would not notice.
  const begin = Effect.sync(() => {
    late = spawn("sh", ["-c", 'echo late > "$0/marker"; exec sleep 600 9>>"$0/marker"', data()], { stdio: "ignore" })
  }).pipe(
    Effect.andThen(
      until("the writer has not begun", Effect.map(Effect.exit(runtime.assertQuiet(app, [])), Exit.isFailure))
    )
  )
  const gone = Effect.andThen(
    stop,
    until("the writer is still there", Effect.map(Effect.exit(runtime.assertQuiet(app, [])), Exit.isSuccess))
  )
  /** @param during what happens right after quiet was proven for the first time. */
  const work = (id: string, back: string | null, during: Effect.Effect<unknown> = Effect.void): Work => {
    let asked = 0
    const assertQuiet: Runtime["assertQuiet"] = (of) =>
      runtime.assertQuiet(of, []).pipe(Effect.tap(() => (++asked === 1 ? during : Effect.void)))
    return {
      app,
      runtime: { ...runtime, assertQuiet },
      state: initialStateOf("web"),
      attempt: attempt(id, back),
      resumed: false,
      command: null
    }
  }
  const marker = () => fs.readFileSync(data("marker"), "utf8")
  return { app, data, marker, begin, gone, work, store: yield* SnapshotStore }
})

/** Verifies: LAW-1 */
describe("proof of quiet", () => {
  it.live("a writer that appears during the capture prevents the snapshot, and the next run takes a new one", () =>
    Effect.gen(function* () {
      const { app, data, marker, begin, gone, work, store } = yield* scene
      const failed = yield* Effect.flip(snapshot(work("s1", null, begin)))
      assert.strictEqual(failed._tag, "NotQuiet")
      assert.deepStrictEqual([yield* store.list(app), yield* store.current(app)], [[], null])
      assert.deepStrictEqual(fs.readdirSync(join(app.dir, "snapshots")), [])
      yield* gone
      fs.writeFileSync(data("marker"), "fresh")
      assert.strictEqual((yield* snapshot(work("s1", null)))[0].type, "SnapshotTaken")
      fs.writeFileSync(data("marker"), "bad")
      assert.deepStrictEqual(
        (yield* restore(work("a1", "s1"))).map(({ type }) => type),
        ["DataSetAside", "SnapshotRestored", "WorldNoted"]
      )
      assert.strictEqual(marker(), "fresh")
    }).pipe(Effect.provide(ports))
  )

  it.live(
    "a writer that appears during the swap makes the swapped-in tree doubtful, and the next run swaps in another",
    () =>
      Effect.gen(function* () {
        const { app, data, marker, begin, gone, work, store } = yield* scene
        yield* snapshot(work("s1", null))
        fs.writeFileSync(data("marker"), "bad")
        // Begun by the second proof itself: the tree is in by then.
        const { runtime, ...rest } = work("a1", "s1")
        let asked = 0
        const assertQuiet: Runtime["assertQuiet"] = (of) =>
          Effect.suspend(() => Effect.andThen(++asked === 2 ? begin : Effect.void, runtime.assertQuiet(of, [])))
        const failed = yield* Effect.flip(restore({ ...rest, runtime: { ...runtime, assertQuiet } }))
        assert.strictEqual(failed._tag, "NotQuiet")
        assert.strictEqual(marker(), "late\n")
        yield* gone
        const [aside] = yield* restore(work("a1", "s1"))
        assert.strictEqual(marker(), "good")
        assert.strictEqual(aside.type, "DataSetAside")
        const [kept] = yield* store.swap(app, {
          id: "s1",
          attempt: "a1",
          volumes: yield* runtime.volumes(app, []),
          stillQuiet: Effect.void
        })
        assert.strictEqual(fs.readFileSync(join(kept?.path ?? "", "marker"), "utf8"), "bad")
        assert.strictEqual(fs.readFileSync(join(`${kept?.path}~2`, "marker"), "utf8"), "late\n")
      }).pipe(Effect.provide(ports))
  )
})
