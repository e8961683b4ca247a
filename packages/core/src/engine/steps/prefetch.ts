/** App up: fetches everything that the deploy and the snapshot need, and proves that there is enough disk space. */
import * as Effect from "effect/Effect"
import type { Release } from "../../domain/App.ts"
import { make } from "../../domain/Event.ts"
import { SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { foldersOf } from "../world.ts"
import { releaseOf, target, type Work } from "./Work.ts"

/** The running version too, which a rollback starts: lastgood may not have deployed it. Keeping it is not essential. */
const keepBoth = Effect.fnUntraced(
  function* ({ app, runtime, state }: Work, release: Release) {
    if (runtime.keepRelease === undefined) return
    const { running } = state
    const before = running === null ? null : yield* (yield* VersionSource).existing(app, running)
    yield* runtime.keepRelease(app, release)
    if (before !== null && before.commit !== release.commit) yield* runtime.keepRelease(app, before)
  },
  (kept) => Effect.ignore(kept)
)

export const prefetch = Effect.fn("Step.prefetch")(function* (work: Work) {
  const { app, attempt, runtime } = work
  const ref = yield* target(work)
  const snapshots = yield* SnapshotStore
  const release = yield* releaseOf(work, ref, true)
  const { images } = yield* runtime.prefetch(app, release)
  yield* keepBoth(work, release)
  // The same version on its own data takes no snapshot, so too little space for one must not keep it down.
  const prepared = attempt.plan.includes("snapshot")
    ? yield* snapshots.prepare(app, yield* runtime.volumes(app, foldersOf(app, work.state)))
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
