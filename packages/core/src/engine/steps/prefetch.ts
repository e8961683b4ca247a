/** App up: everything that the deploy and the snapshot need is brought onto this host, and room for it is proven. */
import * as Effect from "effect/Effect"
import { make } from "../../domain/Event.ts"
import { SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { releaseOf, target, type Work } from "./Work.ts"

export const prefetch = Effect.fn("step.prefetch")(function* (work: Work) {
  const { app, attempt, runtime } = work
  const ref = yield* target(work)
  const snapshots = yield* SnapshotStore
  const release = yield* releaseOf(work, ref)
  const { images } = yield* runtime.prefetch(app, release)
  const volumes = yield* runtime.volumes(app)
  const prepared = yield* snapshots.prepare(app, volumes).pipe(
    // Without a snapshot, nothing is left out of one.
    Effect.catchIf(
      (error) => error.gate === "filter" && !attempt.plan.includes("snapshot"),
      () => Effect.succeed({ volumes: [], needBytes: 0, freeBytes: 0 })
    )
  )
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
