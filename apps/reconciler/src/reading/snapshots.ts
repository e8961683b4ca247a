/** The snapshots of an app for `snapshots --json` and the HTTP API, whose shape is public. */
import type { App } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import { SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Effect from "effect/Effect"

export interface ShownSnapshot {
  readonly app: string
  readonly id: string
  readonly version: string | null
  readonly commit: string | null
  readonly ts: string
  readonly bytes: number
  readonly volumes: ReadonlyArray<string>
  /** Result of the SHA-256 verification; null: not verified yet. */
  readonly verified: boolean | null
  /** `<app>/snapshot` points to it. */
  readonly current: boolean
}

/** The snapshots on disk, oldest first, with their data from the log. One that is missing on disk counts as damaged. */
export const snapshotsOf = Effect.fn("Reading.snapshots")(function* (app: App) {
  const store = yield* SnapshotStore
  const { snapshots } = yield* (yield* Journal).load(app.name)
  const current = yield* store.current(app)
  const whole = yield* store.list(app)
  const others = snapshots.filter(({ id }) => !whole.some((meta) => meta.id === id))
  const lost = others.map(({ id, version, commit, at, bytes, volumes }): ShownSnapshot => {
    const names = volumes.map(({ name }) => name)
    return { app: app.name, id, version, commit, ts: at, bytes, volumes: names, verified: false, current: false }
  })
  const listed = whole.map(
    (meta): ShownSnapshot => ({
      app: app.name,
      id: meta.id,
      version: meta.version,
      commit: meta.commit,
      ts: meta.ts,
      bytes: meta.bytes,
      volumes: meta.volumes,
      verified: snapshots.find((s) => s.id === meta.id)?.verified ?? null,
      current: meta.id === current
    })
  )
  return [...lost, ...listed].toSorted((a, b) => a.ts.localeCompare(b.ts))
})
