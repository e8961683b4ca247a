/**
 * Brings the mirrors of an app up to date ahead of its next upgrade, which then has only a small change to copy. It records
 * nothing, and gives the claim back to a process that wants it. The next refresh goes on after the last part that was copied.
 */
import * as Effect from "effect/Effect"
import { Claims } from "../claim/Claims.ts"
import type { PluggedApp } from "../domain/App.ts"
import { driftNow } from "../domain/drift.ts"
import type { AppState } from "../domain/State.ts"
import { watchedVersion } from "../domain/watching.ts"
import { InheritedFds } from "../process/Tool.ts"
import { Runtimes } from "../runtime/Runtime.ts"
import { type MirrorsNow, SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { effectiveFor } from "./effective.ts"
import { Journal } from "./Journal.ts"
import { Actor } from "./Observer.ts"
import { foldersOf, lookAtWorld } from "./world.ts"

/** What decides whether mirrors are brought up to date now. */
export interface Mirrors extends MirrorsNow {
  /** Why a newer version is not taken yet; null: there is none. */
  readonly refused: AppState["refused"]
  /** The last attempt that has ended; null: none. */
  readonly attempt: string | null
}

/** `failed`: a mirror is not up to date; the log says why. `gave-way`: another lastgood wanted the claim. */
export type Ahead = "nothing" | "done" | "failed" | "gave-way"

const mayPrepare = (state: AppState): boolean => watchedVersion(state) !== null && state.renamed === undefined

/** @param isDue told of the mirrors, whether to bring them up to date now. */
export const prepareAhead = Effect.fn("Engine.prepareAhead")(function* (
  app: PluggedApp,
  isDue: (mirrors: Mirrors) => Effect.Effect<boolean>
) {
  const journal = yield* Journal
  const runtime = yield* (yield* Runtimes).get(app.runtime)
  // Without the claim, which costs a program.
  const before = yield* journal.load(app.name)
  const { running } = before
  if (!mayPrepare(before)) return "nothing"
  const effective = yield* effectiveFor(app, runtime, { running, target: running })
  const borrowed = Effect.gen(function* () {
    const { fd, handedOver, wanted } = yield* (yield* Claims).borrow(app, yield* Actor)
    const work = Effect.gen(function* () {
      const state = yield* journal.load(app.name)
      if (!mayPrepare(state) || state.running?.version !== running?.version) return "nothing"
      // LAW-16: nothing builds on drift.
      const { seen } = yield* lookAtWorld(app, runtime, state)
      if (driftNow(state, seen) !== null) return "nothing"
      const snapshots = yield* SnapshotStore
      const volumes = yield* runtime.volumes(app, foldersOf(app, state))
      const mirrors = yield* snapshots.mirrors(effective, volumes)
      const attempt = state.lastOutcome?.attempt ?? null
      if (!(yield* isDue({ ...mirrors, refused: state.refused, attempt }))) return "nothing"
      yield* snapshots.refresh(effective, volumes, "ahead")
      const { count, refreshedAt } = yield* snapshots.mirrors(effective, volumes)
      return count > 0 && refreshedAt === null ? "failed" : "done"
    }).pipe(Effect.provideService(InheritedFds, [fd]))
    const ahead: Ahead = yield* Effect.raceFirst(work, Effect.as(wanted, "gave-way" as const))
    return { ahead, handedOver }
  })
  const { ahead, handedOver } = yield* Effect.scoped(borrowed)
  // Or the daemon's next pass takes it first.
  if (ahead === "gave-way") yield* handedOver
  return ahead
})
