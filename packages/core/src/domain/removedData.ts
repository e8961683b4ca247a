/** What is left of the data of a removed app, and how to bring it back. Pure. */
import { advise, type Next } from "./Next.ts"
import type { AppState } from "./State.ts"

const takeOut = "take it out of lastgood.yaml, or bring it back: "

/** The data of a removed app was deleted, at least in part, and how to go on; null: it was not. */
export const removedData = ({
  down,
  snapshots
}: Pick<AppState, "down" | "snapshots">): { readonly reason: string; readonly next: Next } | null => {
  const removed = down?.removed
  if (removed === undefined || removed.volumes.length === 0) return null
  const restored = advise`to bring it back with its data: ${{ do: "Restore", snapshot: removed.snapshot }}`
  if (removed.erased) {
    const next = advise`${restored}; to begin without its data: ${{ do: "Deploy", withoutData: true }}`
    return { reason: "its data was deleted when it was removed", next }
  }
  // The snapshot's version: an older one must not start on that data (LAW-2), and a newer one would change it.
  const to = snapshots.find(({ id }) => id === removed.snapshot)?.version ?? null
  return {
    reason: "its data was to be deleted when it was removed, and some of it may be gone",
    next: advise`${restored}; if you have checked that all of it is there, to start it on that data: ${{ do: "Deploy", to, withoutData: true }}; to delete it: ${{ do: "Remove", data: true }}`
  }
}

/** What an operator does with an app that is removed. */
export const afterRemoval = (state: Pick<AppState, "down" | "snapshots">): Next => {
  const { erased, snapshot, volumes } = state.down?.removed ?? { erased: false, snapshot: "", volumes: [] }
  if (volumes.length === 0) return advise`${takeOut}${{ do: "Deploy" }}`
  return erased ? advise`${takeOut}${{ do: "Restore", snapshot }}` : (removedData(state)?.next ?? "")
}
