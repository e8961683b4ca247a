/** How an app's downtime, snapshots and health went over time, from its events: the newest of each. Pure. */

import { isUnknown } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import type { AppState } from "@lastgood/core/domain/State"

export interface Series {
  /** Of attempts that ended and had taken the app down. */
  readonly downtimes: ReadonlyArray<{ readonly at: string; readonly ms: number; readonly isGood: boolean }>
  /** Of snapshots, also of those that are not kept any more. */
  readonly sizes: ReadonlyArray<{ readonly at: string; readonly bytes: number }>
  /** Each time from which the app was healthy, or was not, as the health gate and the watch saw it. */
  readonly health: ReadonlyArray<{ readonly at: string; readonly isWell: boolean }>
}

const most = 60

export const noSeries: Series = { downtimes: [], sizes: [], health: [] }

const add = <A>(list: ReadonlyArray<A>, one: A): ReadonlyArray<A> => [...list, one].slice(-most)

/** null: the app is not meant to run, or it is not known. */
const isWell = ({ running, unhealthy }: AppState): boolean | null => {
  if (unhealthy !== null) return false
  return running === null ? null : true
}

/** @param before the state before the event. @param after the state after it. */
export const seriesAfter = (series: Series, before: AppState, after: AppState, recorded: Recorded): Series => {
  const { at, attempt, event } = recorded
  if (isUnknown(event)) return series
  const well = isWell(after)
  const last = series.health.at(-1)?.isWell ?? null
  const seen = well !== null && well !== last && (well !== isWell(before) || last === null)
  const next = seen ? { ...series, health: add(series.health, { at, isWell: well }) } : series
  if (event.type === "SnapshotTaken") return { ...next, sizes: add(next.sizes, { at, bytes: event.data.bytes }) }
  const down = after.downtimes.at(-1)
  if (event.type !== "AttemptEnded" || down === undefined || down.attempt !== attempt) return next
  return { ...next, downtimes: add(next.downtimes, { at: down.at, ms: down.ms, isGood: down.isGood }) }
}
