/** What filters left out of a snapshot, and would leave out of the next one. */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import { externalAnswers } from "../domain/folders.ts"
import type { AppState } from "../domain/State.ts"
import { filtersOf, type LeftOutOf, strayFilters } from "../domain/volumeFilter.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { SnapshotMeta } from "../snapshot/SnapshotStore.ts"
import { foldersOf } from "./world.ts"

/** Filters that were measured and left nothing out are not listed. */
export const leftOutOf = (meta: SnapshotMeta): ReadonlyArray<LeftOutOf> =>
  Object.entries(meta.archives).flatMap(([name, { exclude, include, leftOut }]) =>
    (include.length === 0 && exclude.length === 0) || leftOut?.files === 0
      ? []
      : [{ name, include, exclude, files: leftOut?.files ?? null, bytes: leftOut?.bytes ?? null }]
  )

/** Notes for `plan`. An engine that does not answer is reported elsewhere. */
export const filterNotes = Effect.fnUntraced(
  function* (app: EffectiveApp, runtime: Runtime, state: AppState) {
    const outside = externalAnswers(app).map(
      (path) => `external, so neither snapshotted nor restored by a rollback: ${path}`
    )
    const volumes = yield* runtime.volumes(app, foldersOf(app, state))
    if (volumes.length === 0) return outside
    const without = filtersOf(app, volumes).map(
      (text) => `a rollback does not bring back what the filter leaves out of the snapshot: ${text}`
    )
    return [...without, ...outside, ...strayFilters(app, volumes)]
  },
  Effect.orElseSucceed((): ReadonlyArray<string> => [])
)
