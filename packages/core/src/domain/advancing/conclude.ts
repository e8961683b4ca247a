/** The steps that only record the outcome of an attempt. Pure. */
import { type Back, broughtBy, type Forward } from "../Attempt.ts"
import { hasVersion, record } from "../answers.ts"
import type { Advance } from "../Decision.ts"
import { make } from "../Event.ts"
import { butExternal, union } from "../folders.ts"
import { advise, type Next, nextText } from "../Next.ts"
import { isSame } from "../quarantine.ts"
import type { AppState } from "../State.ts"
import { isTry } from "../trying.ts"
import { butFor } from "../volumeFilter.ts"
import { alert } from "./raised.ts"

/** A deploy of the same version on its own data takes a snapshot only if the env file changed. */
const againOf = ({ of }: Back): Next =>
  of?.kind === "deploy" && of.snapshotTaken
    ? advise`The previous env file is in use again: correct the new one, then ${{ do: "Deploy" }}`
    : "Correct the cause, then try again"

export const commit = (state: AppState, a: Forward): Advance =>
  a.kind === "promote"
    ? record(make("SnapshotPromoted", { ...a.of, snapshot: a.snapshotTaken ? a.snapshot : null }))
    : record(make("UpgradeCommitted", { ...broughtBy(a), previous: state.lastGood }))

/** LAW-3: only volumes that are in the last snapshot are deleted; a filter may have kept one out of it. */
export const remove = (state: AppState, a: Extract<Forward, { kind: "remove" }>): Advance => {
  const { by, snapshot } = a
  const taken = state.snapshots.find(({ id }) => id === snapshot)?.volumes ?? []
  const volumes = a.volumes.filter((name) => taken.some((one) => one.name === name))
  return record(make("AppRemoved", { by, snapshot, volumes }))
}

/** LAW-15: "with its data" only if the snapshot left nothing out. */
const dataOf = (state: AppState, id: string | null): string => {
  if (id === null) return "and its data was not touched"
  const snapshot = state.snapshots.find((s) => s.id === id)
  return `with its data${butFor(snapshot?.leftOut)}${butExternal(union(state.external, snapshot?.external ?? []))}`
}

export const conclude = (state: AppState, a: Back): Advance => {
  const { attempted, to, reason, by } = a
  if (to === null) {
    const other = state.snapshots.some(hasVersion) ? advise`, or ${{ do: "Restore" }}` : ""
    const anew = { do: "Deploy", to: "<a version that works>" } as const
    const next = nextText(state.app, advise`${{ do: "Log" }} shows what happened; then ${anew}${other}`)
    return record(
      make("RollbackFailed", { attempted, lastGood: null, leftDown: true, reason, next }),
      alert(state, a, "left-down", false, reason, next)
    )
  }
  const done = make("RolledBack", { attempted, lastGood: to, recovered: true, reason })
  // The caller of a try reads its result, so no alert is raised.
  return by === "operator" || isTry(state)
    ? record(done)
    : record(
        done,
        alert(
          state,
          a,
          "recovered",
          true,
          reason,
          advise`${to.version} is running and healthy, ${dataOf(state, a.snapshot)}. ${isSame(a) ? againOf(a) : advise`To try ${attempted?.version ?? "the version"} again: ${{ do: "Retry" }}`}`
        )
      )
}
