/**
 * Snapshots that are on disk while the log knows nothing of their app: a warm root of lastgood's predecessor, or one whose
 * log was lost. They are recorded, oldest first, so that the app can go back to them. That none of their versions is the
 * last good one stays as it is: that is earned (LAW-5).
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { type Event, make } from "../domain/Event.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"

/** Older metas name a version without its commit: the recipe's tag says which it is. Empty: nothing can be started on it. */
const commitOf = Effect.fnUntraced(function* (app: App, version: string) {
  const offers = yield* (yield* VersionSource).list(app, { fetch: false })
  return offers.find((offer) => offer.version === version)?.commit ?? ""
})

/** @returns the events that record what was found: none is usual. */
export const adoptable = Effect.fn("adoptable")(function* (app: App) {
  const found = yield* (yield* SnapshotStore).list(app)
  return yield* Effect.forEach(found, (meta) =>
    Effect.gen(function* () {
      const { id, version, commit, ts, volumes, bytes } = meta
      const known = commit ?? (version === null ? "" : yield* commitOf(app, version))
      const event: Event = make("SnapshotAdopted", {
        snapshot: id,
        version: version ?? "unknown",
        commit: known,
        at: ts,
        volumes,
        bytes
      })
      return event
    })
  )
})
