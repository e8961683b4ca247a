/** What filters leave out: of a snapshot by its own word, and of the next one. */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import { externalAnswers } from "../domain/folders.ts"
import type { AppState } from "../domain/State.ts"
import { filtersOf, type LeftOutOf, strayFilters } from "../domain/volumeFilter.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import type { SnapshotMeta } from "../snapshot/SnapshotStore.ts"
import { foldersOf } from "./world.ts"

/** A filter that was measured and left out nothing is not among it. */
export const leftOutOf = (meta: SnapshotMeta): ReadonlyArray<LeftOutOf> =>
  Object.entries(meta.archives).flatMap(([name, { exclude, include, leftOut }]) =>
    (include.length === 0 && exclude.length === 0) || leftOut?.files === 0
      ? []
      : [{ name, include, exclude, files: leftOut?.files ?? null, bytes: leftOut?.bytes ?? null }]
  )

/** For `plan`. An engine that does not answer is told of elsewhere. */
export const filterNotes = Effect.fnUntraced(
  function* (app: EffectiveApp, runtime: Runtime, state: AppState) {
    const outside = externalAnswers(app).map(
      (path) => `external, so neither snapshotted nor put back by a rollback: ${path}`
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
