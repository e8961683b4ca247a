/**
 * Which snapshots the present data descends from (LAW-15). Each snapshot names the one that the data went on from when it
 * was taken; `tip` is the one that the present data goes on from. Pure.
 */
import type { AppState, SnapshotRecord } from "./State.ts"

type Known = Pick<AppState, "snapshots" | "tip">

/** Ids, without an order. Those of other data (given up, or rolled back behind) are not among them. */
export const descent = ({ snapshots, tip }: Known): ReadonlySet<string> => {
  const parents = new Map(snapshots.map(({ id, parent }) => [id, parent]))
  const found = new Set<string>()
  for (let id = tip; id !== null && parents.has(id) && !found.has(id); id = parents.get(id) ?? null) found.add(id)
  return found
}

/** A snapshot is removed: those that went on from it go on from the one before it. */
export const without = (state: Known, id: string): Pick<AppState, "snapshots" | "tip"> => {
  const gone = state.snapshots.find((s) => s.id === id)
  const parent = gone?.parent ?? null
  return {
    tip: state.tip === id ? parent : state.tip,
    snapshots: state.snapshots.flatMap((s): ReadonlyArray<SnapshotRecord> => {
      if (s.id === id) return []
      return [s.parent === id ? { ...s, parent } : s]
    })
  }
}
