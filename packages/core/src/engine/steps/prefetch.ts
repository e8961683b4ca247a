/** App up: fetches everything that the deploy and the snapshot need, and proves that there is enough disk space. */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { make } from "../../domain/Event.ts"
import { SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { foldersOf } from "../world.ts"
import { withKept } from "./imagesBack.ts"
import { releaseOf, target, type Work } from "./Work.ts"

/** Keeping is not essential: without it, a rollback pulls what it needs. */
const keep = ({ app, runtime }: Work, release: Release, isRunning: boolean) =>
  Effect.ignore(runtime.keepRelease?.(app, release, { isRunning }) ?? Effect.void)

/** What a rollback starts. lastgood may not have deployed it. */
const keepRunning = Effect.fnUntraced(
  function* (work: Work) {
    const { running } = work.state
    const release = running === null ? null : yield* (yield* VersionSource).existing(work.app, running)
    if (release !== null) yield* keep(work, release, true)
  },
  (kept) => Effect.ignore(kept)
)

/** The mirrors are brought up to date last, so that as little as possible changes until the capture. */
const prepareSnapshot = Effect.fnUntraced(function* ({ app, runtime, state }: Work) {
  const snapshots = yield* SnapshotStore
  const volumes = yield* runtime.volumes(app, foldersOf(app, state))
  const prepared = yield* snapshots.prepare(app, volumes)
  yield* snapshots.refresh(app, volumes)
  return prepared
})

export const prefetch = Effect.fn("Step.prefetch")(function* (work: Work) {
  const { app, attempt, runtime } = work
  const ref = yield* target(work)
  yield* keepRunning(work)
  const release = yield* withKept(work, yield* releaseOf(work, ref, true))
  const { images } = yield* runtime.prefetch(app, release)
  yield* keep(work, release, false)
  // The same version on its own data takes no snapshot, so too little space for one must not keep it down.
  const prepared = attempt.plan.includes("snapshot")
    ? yield* prepareSnapshot(work)
    : { volumes: [], needBytes: 0, freeBytes: 0 }
  return [
    make("Prefetched", {
      ...ref,
      images,
      volumes: prepared.volumes.map(({ name, bytes }) => ({ name, bytes })),
      needBytes: prepared.needBytes,
      freeBytes: prepared.freeBytes
    })
  ] as const
})
