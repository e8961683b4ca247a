/** Verifies every byte of snapshots for `verify` and the HTTP API, whose shape is public. */
import type { App } from "@lastgood/core/domain/App"
import { initialStateOf } from "@lastgood/core/domain/State"
import { notAsTaken } from "@lastgood/core/engine/asTaken"
import { Journal } from "@lastgood/core/engine/Journal"
import { SnapshotMissing, SnapshotStore } from "@lastgood/core/snapshot/SnapshotStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface Checked {
  readonly app: string
  readonly snapshot: string
  readonly bytes: number
  readonly ok: boolean
  readonly problems: ReadonlyArray<string>
}

/** The snapshots that the log expects. The check of the log itself reports an unreadable log. */
const recorded = (app: App) =>
  Effect.flatMap(Journal, (journal) => journal.load(app.name)).pipe(
    Effect.catch(() => Effect.succeed(initialStateOf(app.name)))
  )

/**
 * Verifies every byte of an app's snapshots, including incomplete and missing ones that only the log knows. Skips snapshots
 * that are pruned meanwhile.
 *
 * @param named only this snapshot; null: all.
 */
export const verifySnapshots = Effect.fn("Reading.verify")(function* (app: App, named: string | null) {
  const store = yield* SnapshotStore
  const state = yield* recorded(app)
  const whole = yield* store.list(app)
  const all = [...state.snapshots.filter(({ id }) => !whole.some((s) => s.id === id)), ...whole]
  const chosen = named === null ? all : all.filter((s) => s.id === named)
  if (named !== null && chosen.length === 0) {
    return yield* new SnapshotMissing({ app: app.name, snapshot: named, known: all.map((s) => s.id) })
  }
  const checked = yield* Effect.forEach(chosen, ({ id, bytes }) =>
    store.verify(app, id).pipe(
      Effect.map(({ meta, problems: own }): Checked => {
        const taken = state.snapshots.find((s) => s.id === id)
        const problems = meta === null ? own : [...own, ...notAsTaken(taken, meta)]
        return { app: app.name, snapshot: id, bytes, ok: problems.length === 0, problems }
      }),
      Effect.asSome,
      // An attempt may have pruned it, or be about to record that. Otherwise it was removed without lastgood.
      Effect.catchTag("SnapshotMissing", ({ message }) =>
        Effect.map(recorded(app), (now) => {
          const isKept = now.attempt === null && now.snapshots.some((s) => s.id === id)
          return isKept
            ? Option.some<Checked>({ app: app.name, snapshot: id, bytes, ok: false, problems: [message] })
            : Option.none()
        })
      )
    )
  )
  return checked.flatMap(Option.toArray)
})
