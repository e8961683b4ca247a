/**
 * Which snapshots the present data descends from (LAW-15). Each snapshot names its parent, the snapshot that the data
 * descended from when it was captured; `tip` is the parent of the present data. Pure.
 */
import type { AppState, SnapshotRecord } from "./State.ts"

type Known = Pick<AppState, "snapshots" | "tip">

/** Ids of the snapshots that the present data descends from, unordered. */
export const descent = ({ snapshots, tip }: Known): ReadonlySet<string> => {
  const parents = new Map(snapshots.map(({ id, parent }) => [id, parent]))
  const found = new Set<string>()
  for (let id = tip; id !== null && parents.has(id) && !found.has(id); id = parents.get(id) ?? null) found.add(id)
  return found
}

/** The state without a snapshot: its children get its parent. */
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
