/** What an operator may prune: never what a rollback needs, now or after the next failure (LAW-4). Pure. */
import { hasVersion } from "./answers.ts"
import { advise, type Next } from "./Next.ts"
import type { AppState, SnapshotRecord } from "./State.ts"

export interface Pruning {
  /** Ids of snapshots. */
  readonly snapshots: ReadonlyArray<string>
  /** Ids of the attempts that set data aside. */
  readonly asides: ReadonlyArray<string>
}

export interface Needed {
  readonly reason: string
  readonly next: Next
}

const newerFirst = advise`take a newer snapshot first: ${{ do: "Snapshot" }}`

/** Snapshots that may not be pruned, with the reason. */
export const neededSnapshots = (state: AppState): ReadonlyMap<string, Needed> => {
  const needed = new Map<string, Needed>()
  const need = (snapshot: SnapshotRecord | undefined, reason: string, next: Next): void => {
    if (snapshot !== undefined && !needed.has(snapshot.id)) needed.set(snapshot.id, { reason, next })
  }
  const { attempt, lastGood, snapshots } = state
  const isWhole = ({ verified }: SnapshotRecord) => verified !== false
  const isLastGood = ({ version }: SnapshotRecord) => version === lastGood?.version
  if (attempt !== null) {
    const finish = advise`finish the attempt first: ${{ do: "Reconcile" }}`
    need(
      snapshots.find(({ id }) => id === attempt.snapshot),
      "the attempt in flight needs it",
      finish
    )
  }
  need(snapshots.at(-1), "it is the newest snapshot", newerFirst)
  need(
    snapshots.findLast((one) => isWhole(one) && hasVersion(one)),
    "it is the newest that is not damaged",
    newerFirst
  )
  need(snapshots.findLast(isLastGood), "it is the newest of the last good version", newerFirst)
  const restorable = snapshots.findLast((one) => isLastGood(one) && isWhole(one))
  need(restorable, "it is the newest of the last good version that is not damaged", newerFirst)
  return needed
}

/** Why the pruning is refused as a whole; null: it is not. */
export const refusedPruning = (state: AppState, { asides, snapshots }: Pruning): Needed | null => {
  const needed = neededSnapshots(state)
  for (const id of snapshots) {
    const why = needed.get(id)
    if (why !== undefined) return { reason: `snapshot ${id} is not removed: ${why.reason}`, next: why.next }
  }
  const inFlight = asides.find((id) => id === state.attempt?.id)
  if (inFlight === undefined) return null
  return {
    reason: `the data that attempt ${inFlight} set aside is not removed: the attempt is in flight`,
    next: advise`finish the attempt first: ${{ do: "Reconcile" }}`
  }
}
