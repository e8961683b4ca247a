/** An operator's `rollback` and `restore`: version and data of a snapshot. */
import { allOf } from "./allOf.ts"
import { begin, hasVersion, reject, trusted } from "./answers.ts"
import type { Command, Decision } from "./Decision.ts"
import { make } from "./Event.ts"
import { advise } from "./Next.ts"
import { rollbackPlan } from "./Plan.ts"
import type { Ref } from "./Ref.ts"
import type { AppState, SnapshotRecord } from "./State.ts"
import { compareVersions } from "./Version.ts"

/** The snapshot for an operator's `rollback`: the last good version's if the data belongs to another version, else the one before it. */
const previousSnapshot = (state: AppState): SnapshotRecord | undefined => {
  const now = state.data ?? state.running
  const usable = trusted(state)
  const lastGood = state.lastGood
  if (lastGood !== null && now !== null && now.version !== lastGood.version) {
    const own = usable.findLast((s) => s.version === lastGood.version)
    if (own !== undefined) return own
  }
  return usable.findLast((s) => now === null || s.version !== now.version)
}

const goBack = (state: AppState, target: SnapshotRecord, reason: string): Decision => {
  const attempted = state.running ?? state.data
  const lastGood: Ref = { version: target.version, commit: target.commit }
  const start = make("RollbackStarted", {
    attempted,
    lastGood,
    snapshot: target.id,
    by: "operator",
    reason,
    plan: rollbackPlan({ to: lastGood, snapshot: target.id })
  })
  // Without a quarantine the reconciler would upgrade to it again on its next pass. Lost data says nothing about a version.
  const isMeant = state.drift?.kind !== "data-missing"
  return isMeant && attempted !== null && compareVersions(attempted.version, target.version) > 0
    ? begin(start, make("VersionQuarantined", { ...attempted, reason, failures: 1, until: null }))
    : begin(start)
}

const snapshotsListed = advise`${{ do: "Snapshots" }} lists the snapshots`

export const decideRollback = (
  state: AppState,
  command: Extract<Command, { _tag: "Rollback" | "Restore" }>
): Decision => {
  const named = command.snapshot
  const rollback = command._tag === "Rollback"
  const target =
    named !== null
      ? state.snapshots.find((s) => s.id === named)
      : rollback
        ? previousSnapshot(state)
        : trusted(state).at(-1)
  if (target === undefined) {
    return named !== null
      ? reject(`there is no snapshot ${named}`, snapshotsListed)
      : reject(
          rollback ? "there is no snapshot of an earlier version to roll back to" : "there is no snapshot",
          state.drift?.next ??
            (rollback ? snapshotsListed : advise`${snapshotsListed}; ${{ do: "Snapshot" }} takes one`)
        )
  }
  if (!hasVersion(target)) {
    return reject(
      `snapshot ${target.id} does not belong to a version, so no version can be started on its data`,
      snapshotsListed
    )
  }
  // The caller reads the refusal. Nothing happened, so nothing is recorded.
  const hazard = allOf(command.hazards)
  if (hazard !== undefined) return { _tag: "Refused", refusal: hazard, events: [] }
  return goBack(
    state,
    target,
    rollback ? "rolled back by the operator" : `snapshot ${target.id} restored by the operator`
  )
}
