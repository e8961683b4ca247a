/**
 * The health of an app between its attempts: which apps are watched, and the events when one becomes unhealthy or healthy
 * again. One alert and one notice per episode, however often the app is checked. Pure.
 */
import { resolveAlerts } from "./alerts.ts"
import { type DataOf, type Event, make } from "./Event.ts"
import { advise, nextText } from "./Next.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"

/** What is wrong with an app that should run. */
export interface Trouble {
  readonly what: string
  /** Part of it has ended and only lastgood starts it again, so checking again cannot help. */
  readonly gone: boolean
  readonly checks: DataOf<"AppUnhealthy">["checks"]
}

/** The version that should run now; null: the app is down on purpose or left down, or an attempt is in flight. */
export const watchedVersion = (state: AppState): Ref | null =>
  state.attempt === null && state.foreignAttempt === null && state.down === null ? state.running : null

type Recorded = readonly [Event, ...Array<Event>]

/** @param since when the trouble was first seen, ISO 8601. @returns null if it is recorded already, or the app is not watched. */
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
        advise`${{ do: "Doctor" }} shows what fails. Read the app's logs and repair it; ${{ do: "Deploy" }} starts a stopped app`
      )
    })
  ]
}

/** @returns null if it was not unhealthy, or is not watched. */
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
      why: `${well}${by === "lastgood" ? "; lastgood restarted it" : ""}; it had been unhealthy since ${since}: ${what}`,
      next: ""
    }),
    // Good news is delivered, but needs no operator.
    ...resolveAlerts(state, ["unhealthy"], well),
    make("AlertResolved", { alert: notice, by: well })
  ]
}
