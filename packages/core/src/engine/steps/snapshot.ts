/** Down and quiet: every volume is captured, durably, before its event is recorded (LAW-4). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { fromOf } from "../../domain/Attempt.ts"
import { make } from "../../domain/Event.ts"
import { nextText } from "../../domain/Next.ts"
import type { Ref } from "../../domain/Ref.ts"
import { iso } from "../../domain/time.ts"
import { SnapshotFailed, SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { leftOutOf } from "../leftOut.ts"
import { assertData, foldersOf } from "../world.ts"
import { deployedFiles, millisSince, quietly, type Work } from "./Work.ts"

export const snapshot = Effect.fn("Step.snapshot")(function* (work: Work) {
  const { app, runtime, attempt } = work
  if (attempt.direction === "back") {
    const reason = "a rollback takes no snapshot"
    const next = nextText(app.name, { do: "Log" })
    return yield* new SnapshotFailed({ app: app.name, operation: "snapshot", reason, next })
  }
  const snapshots = yield* SnapshotStore
  const folders = foldersOf(app, work.state)
  const versions = yield* VersionSource
  const from = fromOf(attempt)
  const of: Ref = from ?? { version: "unknown", commit: "" }
  const running = from === null ? null : yield* versions.existing(app, from)
  const start = yield* Clock.currentTimeMillis
  if (from === null && (yield* runtime.volumes(app, folders)).length === 0) {
    // A first install has no data yet.
    return [make("StepDone", { step: "snapshot" })] as const
  }
  yield* assertData(app, runtime, work.state)
  const meta = yield* quietly(work, (stillQuiet) =>
    Effect.gen(function* () {
      const volumes = yield* runtime.volumes(app, folders)
      // The env file of the deploy, because the configured one may have been changed for the next version.
      const envFile = running?.envFile ?? app.envFile
      const files = running === null ? null : yield* deployedFiles(app, runtime, running)
      const request = { id: attempt.snapshot, of, ts: iso(start), envFile, volumes, stillQuiet }
      return yield* snapshots.capture(app, files === null ? request : { ...request, files })
    })
  )
  const volumes = meta.volumes.flatMap((name) => {
    const archive = meta.archives[name]
    if (archive === undefined) return []
    const { bytes, crc, manifest } = archive
    return [manifest === undefined ? { name, bytes, crc } : { name, bytes, crc: "", manifest }]
  })
  const leftOut = leftOutOf(meta)
  return [
    make("SnapshotTaken", {
      snapshot: meta.id,
      ...of,
      volumes,
      bytes: volumes.reduce((sum, v) => sum + v.bytes, 0),
      quietMs: yield* millisSince(start)
    }),
    ...(leftOut.length === 0 ? [] : [make("SnapshotLeftOut", { snapshot: meta.id, volumes: leftOut })])
  ] as const
})
