/** An app that is removed, and its data, which is deleted if the operator said so. Pure. */
import type { DataOf } from "../Event.ts"
import { nextText } from "../Next.ts"
import { afterRemoval } from "../removedData.ts"
import type { AppState } from "../State.ts"
import { finish } from "./attempt.ts"

const noDown: NonNullable<AppState["down"]> = { reason: "", next: "", asked: false }

/** Volumes that are about to be deleted are given up: no version starts on what a kill leaves of them (LAW-15). */
export const removed = (state: AppState, { by, snapshot, volumes }: DataOf<"AppRemoved">, at: string): AppState => {
  const isGivenUp = volumes.length > 0
  const next: AppState = {
    ...state,
    running: null,
    down: {
      reason: `it was removed by ${by} at ${at}`,
      next: "",
      asked: true,
      stopped: { since: at, by },
      removed: { snapshot, volumes, erased: false },
      ...(isGivenUp ? { doomed: { data: state.data, tip: state.tip, noted: state.noted, begun: 0 } } : {})
    },
    unhealthy: null,
    refused: null,
    ...(isGivenUp ? { data: null, tip: null, noted: null } : {})
  }
  return finish(withNext(next), "remove")
}

/** The remedies of a removed app, by what is left of its data. */
const withNext = (state: AppState): AppState =>
  state.down === null ? state : { ...state, down: { ...state.down, next: nextText(state.app, afterRemoval(state)) } }

/** From now on, a volume may be gone. */
export const eraseStarted = (state: AppState): AppState => {
  const { doomed } = state.down ?? {}
  if (state.down === null || doomed === undefined) return state
  return { ...state, down: { ...state.down, doomed: { ...doomed, begun: doomed.begun + 1 } } }
}

/** The data stays as it was, unless an earlier start was cut off: how far that one came is not known (LAW-15). */
export const nothingErased = (state: AppState): AppState => {
  const { doomed, removed, ...down } = state.down ?? noDown
  if (doomed?.begun !== 1 || removed === undefined) return state
  const { begun: _, ...known } = doomed
  return withNext({ ...state, ...known, down: { ...down, removed: { ...removed, volumes: [] } } })
}

export const erased = (state: AppState): AppState => {
  const { doomed: _, removed, ...down } = state.down ?? noDown
  const gone = removed === undefined ? state : { ...state, down: { ...down, removed: { ...removed, erased: true } } }
  return finish(withNext(gone), "erase")
}
