/** What the pages show of an app's past, from its events. Bounded, however long the app lives. Pure. */
import { alertsOf } from "@lastgood/core/domain/alerts"
import { evolve, type Recorded } from "@lastgood/core/domain/evolve"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { type ShownAlert, shownAlert } from "./alerts.ts"
import { attemptsAfter, type ShownAttempt } from "./attempts.ts"
import { noSeries, type Series, seriesAfter } from "./series.ts"

export interface History {
  readonly state: AppState
  /** The newest, oldest first. */
  readonly attempts: ReadonlyArray<ShownAttempt>
  /** How many attempts there were. */
  readonly begun: number
  readonly series: Series
}

export const mostAttempts = 30

export const noHistory = (app: string): History => ({
  state: initialStateOf(app),
  attempts: [],
  begun: 0,
  series: noSeries
})

export const historyAfter = ({ attempts, begun, series, state }: History, recorded: Recorded): History => {
  const next = attemptsAfter({ newest: attempts, begun }, recorded, mostAttempts)
  const after = evolve(state, recorded)
  return {
    state: after,
    attempts: next.newest,
    begun: next.begun,
    series: seriesAfter(series, state, after, recorded)
  }
}

/** Alerts that are open, acknowledged or not yet delivered, oldest first. */
export const alertsIn = (app: string, { state }: History): ReadonlyArray<ShownAlert> =>
  alertsOf(state).map((record) => shownAlert(app, record))
