/** App up: fetches everything that the deploy and the snapshot need, and proves that there is enough disk space. */
import * as Effect from "effect/Effect"
import { make } from "../../domain/Event.ts"
import { SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { releaseOf, target, type Work } from "./Work.ts"

export const prefetch = Effect.fn("Step.prefetch")(function* (work: Work) {
  const { app, attempt, runtime } = work
  const ref = yield* target(work)
  const snapshots = yield* SnapshotStore
  const release = yield* releaseOf(work, ref, true)
  const { images } = yield* runtime.prefetch(app, release)
  // The same version on its own data takes no snapshot, so too little space for one must not keep it down.
  const prepared = attempt.plan.includes("snapshot")
    ? yield* snapshots.prepare(app, yield* runtime.volumes(app))
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
