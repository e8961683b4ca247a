/** Folds the events of many apps, each into its state: an app that was renamed goes on under its new name. */
import { isUnknown } from "./Event.ts"
import { evolve, type Recorded } from "./evolve.ts"
import { type AppState, initialStateOf } from "./State.ts"

export interface States {
  /** In the order in which the events first name them. Not of an app that goes on under another name. */
  readonly states: ReadonlyMap<string, AppState>
  /** @param app in whose stream the event is. */
  readonly add: (app: string, recorded: Recorded) => void
}

export const makeStates = (): States => {
  const states = new Map<string, AppState>()
  /** Before they were renamed, by their former names. */
  const left = new Map<string, AppState>()
  const before = (app: string, { event }: Recorded): AppState => {
    const state = states.get(app) ?? initialStateOf(app)
    if (isUnknown(event)) return state
    if (event.type === "AppRenamed") left.set(app, state)
    if (event.type !== "AppContinued") return state
    const { from } = event.data
    const former = left.get(from) ?? states.get(from)
    states.delete(from)
    return former ?? state
  }
  return { states, add: (app, recorded) => states.set(app, evolve(before(app, recorded), recorded)) }
}
