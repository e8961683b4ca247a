/**
 * Snapshots that are on disk and that the log knows nothing of: in a warm root of lastgood's predecessor, in one whose log
 * was lost, or that were taken after an older log which somebody brought back (LAW-16). They are recorded, oldest first, so that the app can go back to them. That none of their versions is the
 * last good one stays as it is: that is earned (LAW-5).
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { type Event, make } from "../domain/Event.ts"
import type { AppState } from "../domain/State.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"

/** Older metas name a version without its commit: the recipe's tag says which it is. Empty: nothing can be started on it. */
const commitOf = Effect.fnUntraced(function* (app: App, version: string) {
  const offers = yield* (yield* VersionSource).list(app, { fetch: false })
  return offers.find((offer) => offer.version === version)?.commit ?? ""
})

/** @returns the events that record what was found: none is usual. */
export const adoptable = Effect.fn("adoptable")(function* (app: App, state: AppState) {
  const known = new Set(state.snapshots.map(({ id }) => id))
  const found = (yield* (yield* SnapshotStore).list(app)).filter(({ id }) => !known.has(id))
  return yield* Effect.forEach(found, (meta) =>
    Effect.gen(function* () {
      const { id, version, commit, ts, volumes, bytes } = meta
      const of = commit ?? (version === null ? "" : yield* commitOf(app, version))
      const event: Event = make("SnapshotAdopted", {
        snapshot: id,
        version: version ?? "unknown",
        commit: of,
        at: ts,
        volumes,
        bytes
      })
      return event
    })
  )
})
