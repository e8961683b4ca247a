/**
 * The health of an app between its attempts. Pure: which apps are watched, and what the log is told when one is found
 * unhealthy, and when it is well again: one alert and one notice an episode, however often somebody looks.
 */
import { resolveAlerts } from "./alerts.ts"
import { type DataOf, type Event, make } from "./Event.ts"
import { advise, nextText } from "./Next.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"

/** What was seen of an app that should run. */
export interface Trouble {
  readonly what: string
  /** Something of it has ended, and nothing but lastgood starts it again: no later look can be better. */
  readonly gone: boolean
  readonly checks: DataOf<"AppUnhealthy">["checks"]
}

/** The version that should run now; null: the app is down on purpose or left down, or an attempt works on it. */
export const watchedVersion = (state: AppState): Ref | null =>
  state.attempt === null && state.foreignAttempt === null && state.down === null ? state.running : null

type Recorded = readonly [Event, ...Array<Event>]

/** @param since when the trouble was first seen, ISO 8601. @returns null: it is recorded already, or not to be watched. */
export const unhealthyEvents = (state: AppState, { what, checks }: Trouble, since: string): Recorded | null => {
  const running = watchedVersion(state)
  if (running === null || state.unhealthy !== null) return null
  return [
    make("AppUnhealthy", { version: running.version, since, what, checks }),
    make("AlertRaised", {
      alert: `${since}-unhealthy`,
      subject: "unhealthy",
      outcome: "unhealthy",
      attempted: null,
      lastGood: state.lastGood,
      recovered: false,
      why: what,
      next: nextText(
        state.app,
        advise`${{ do: "Doctor" }} shows what fails. Read the app's logs and repair it; ${{ do: "Deploy" }} starts what does not run`
      )
    })
  ]
}

/** @returns null: it was not unhealthy, or is not to be watched. */
export const recoveredEvents = (state: AppState, by: DataOf<"AppRecovered">["by"]): Recorded | null => {
  const running = watchedVersion(state)
  if (running === null || state.unhealthy === null) return null
  const { since, what } = state.unhealthy
  const notice = `${since}-healthy`
  const well = `${running.version} is healthy again`
  return [
    make("AppRecovered", { version: running.version, since, by }),
    make("AlertRaised", {
      alert: notice,
      subject: "unhealthy",
      outcome: "healthy",
      attempted: null,
      lastGood: state.lastGood,
      recovered: true,
      why: `${well}${by === "lastgood" ? ", brought back by lastgood" : ""}; it was unhealthy since ${since}: ${what}`,
      next: ""
    }),
    // Good news is told, and asks for nobody.
    ...resolveAlerts(state, ["unhealthy"], well),
    make("AlertResolved", { alert: notice, by: well })
  ]
}
