import type { App } from "@lastgood/core/domain/App"
import { Journal } from "@lastgood/core/engine/Journal"
import * as TarSnapshots from "@lastgood/core/snapshot/TarSnapshots"
import { snapshotsOf } from "@lastgood/reconciler/reading/snapshots"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { prunedBefore } from "../../history.ts"
import { type HowToRemove, removeNamed } from "../../removal.ts"
import { plural, size, time } from "../../render/format.ts"
import { appsNamed, configuration, reading } from "../../session.ts"
import { snapshotNamed } from "../../snapshotNamed.ts"

const look = Effect.fnUntraced(function* (app: App, names: ReadonlyArray<string>) {
  const state = yield* (yield* Journal).load(app.name)
  const shown = yield* snapshotsOf(app)
  const named = yield* Effect.forEach(names, (name) =>
    snapshotNamed(app, name).pipe(
      Effect.catchTag("SnapshotMissing", (error) =>
        Effect.gen(function* () {
          // In the log, but not on disk: somebody else removed it.
          if (shown.some(({ id }) => id === name)) return name
          // So that the same command can be run again after it was killed.
          const { snapshots } = yield* prunedBefore(app)
          return snapshots.has(name) ? null : yield* error
        })
      )
    )
  )
  const chosen = shown.filter(({ id }) => named.includes(id))
  return { state, chosen, gone: named.filter((id) => id === null).length }
})

/** Removes snapshots for good, but none that a rollback needs. */
export const run = Effect.fn("Cli.snapshotsRm")(function* (
  input: HowToRemove & { readonly app: string; readonly snapshots: ReadonlyArray<string> }
) {
  const config = yield* configuration
  const [app] = yield* appsNamed(config, Option.some(input.app))
  if (app === undefined) return
  const { chosen, gone, state } = yield* look(app, input.snapshots).pipe(
    Effect.provide(Layer.merge(reading(config), TarSnapshots.layer))
  )
  const total = size(chosen.reduce((sum, { bytes }) => sum + bytes, 0))
  const removal = {
    snapshots: chosen.map(({ id }) => id),
    asides: [],
    removes: chosen.map(({ bytes, id }) => ({ what: "snapshot" as const, id, bytes, isPartial: false })),
    lines: (how: string) => [
      `${plural(chosen.length, "snapshot")} of ${app.name} ${how} for good, which frees ${total}:`,
      ...chosen.map(({ bytes, id, ts, version }) => `  ${id}  ${version ?? "-"}  ${time(ts)}  ${size(bytes)}`)
    ],
    before: gone === 0 ? "" : `${plural(gone, "snapshot is", "snapshots are")} already removed`
  }
  yield* removeNamed(app, state, removal, input)
})
