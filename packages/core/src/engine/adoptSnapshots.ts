/**
 * Adopts snapshots that are on disk but not in the log: of a root written by lastgood's predecessor, of a root whose log was
 * lost, or newer than a log that was restored from a backup (LAW-16). They are recorded, oldest first, so that `rollback`
 * and `restore` can use them. The last good version does not change: only a health gate moves it (LAW-5).
 */
import * as Effect from "effect/Effect"
import type { App } from "../domain/App.ts"
import { type Event, make } from "../domain/Event.ts"
import type { AppState } from "../domain/State.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { lookingFor } from "./looking.ts"

/** The commit of a snapshot. Older metas have a version only, so the recipe's tag gives it. Empty: no version can start on it. */
const commitOf = Effect.fnUntraced(function* (app: App, state: AppState, version: string) {
  const offers = yield* (yield* VersionSource).list(app, lookingFor(app, {}, state, false))
  return offers.find((offer) => offer.version === version)?.commit ?? ""
})

/** @returns the events that record the adopted snapshots; usually none. */
export const adoptable = Effect.fn("Engine.adoptable")(function* (app: App, state: AppState) {
  const known = new Set(state.snapshots.map(({ id }) => id))
  const found = (yield* (yield* SnapshotStore).list(app)).filter(({ id }) => !known.has(id))
  return yield* Effect.forEach(found, (meta) =>
    Effect.gen(function* () {
      const { id, version, commit, ts, volumes, bytes } = meta
      const of = commit ?? (version === null ? "" : yield* commitOf(app, state, version))
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
