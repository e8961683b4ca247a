/** App up again: the work that did not have to be done while it was down. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Volume } from "../../domain/App.ts"
import { make } from "../../domain/Event.ts"
import { folderAt, isPath } from "../../domain/folders.ts"
import { expiredAside, keptReleases, prunable } from "../../domain/retention.ts"
import type { AppState } from "../../domain/State.ts"
import { SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import { foldersOf, markEnded } from "../world.ts"
import type { Work } from "./Work.ts"

export const seal = Effect.fn("Step.seal")(function* ({ app, attempt, runtime, state }: Work) {
  const snapshots = yield* SnapshotStore
  const id = attempt.direction === "back" || attempt.snapshotTaken ? attempt.snapshot : null
  if (id === null) return [make("StepDone", { step: "seal" })] as const
  const meta = yield* snapshots.seal(app, id)
  const volumes = meta.volumes.map((name) => {
    const { crc = "", manifest, sha256 } = meta.archives[name] ?? {}
    const sealed = { name, sha256: sha256 ?? "" }
    return manifest === undefined ? sealed : { ...sealed, crc }
  })
  // A removed app takes no further snapshot. Its settings may have asked for mirrors before.
  if (attempt.direction === "forward" && attempt.kind === "remove") {
    const volumes = runtime.volumes(app, foldersOf(app, state))
    yield* Effect.ignore(Effect.flatMap(volumes, (all) => snapshots.removeMirrors(app, all)))
  }
  return [make("SnapshotVerified", { snapshot: id, ok: true, problems: [], volumes })] as const
})

/** With the data folders of which something was set aside, also those that are gone or were called external since. */
export const withAsides = (
  { aside }: AppState,
  attempt: string,
  volumes: ReadonlyArray<Volume>
): ReadonlyArray<Volume> => {
  const names = aside.filter((one) => one.attempt === attempt).flatMap((one) => one.volumes.map(({ name }) => name))
  const missing = [...new Set(names)].filter((name) => isPath(name) && !volumes.some((one) => one.name === name))
  return [...volumes, ...missing.map(folderAt)]
}

export const tidy = Effect.fn("Step.tidy")(function* ({ app, runtime, state, attempt }: Work) {
  const snapshots = yield* SnapshotStore
  // Without this mark an older log is detected a little later, which is not a reason to fail.
  yield* Effect.catch(markEnded(app, runtime, state, attempt), ({ message }) => Effect.logWarning(message))
  const now = yield* Clock.currentTimeMillis
  const pruned = yield* Effect.forEach(prunable(state, app.snapshot, now), ({ id, why }) =>
    Effect.as(snapshots.remove(app, id), make("SnapshotPruned", { snapshot: id, reason: why }))
  )
  const volumes = yield* runtime.volumes(app, foldersOf(app, state))
  const dropped = yield* Effect.forEach(expiredAside(state, now), (id) =>
    Effect.as(snapshots.removeAside(app, id, withAsides(state, id, volumes)), make("AsidePruned", { attempt: id }))
  )
  yield* snapshots.unstage(app, attempt.id, volumes)
  const gone = new Set(pruned.map(({ data }) => data.snapshot))
  const snapshotsLeft = state.snapshots.filter(({ id }) => !gone.has(id))
  const removed = yield* (yield* VersionSource).prune(app, keptReleases({ ...state, snapshots: snapshotsLeft }))
  yield* Effect.ignore(runtime.forgetReleases?.(app, removed) ?? Effect.void)
  return [make("StepDone", { step: "tidy" }), ...pruned, ...dropped] as const
})
