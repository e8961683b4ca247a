/** What the daemon does now: how many apps it watches, and the attempts that it works on, with the step of each. */
import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"

export interface InFlight {
  readonly follow: (app: string, event: Event | UnknownEvent) => void
  /** The daemon watches so many apps from now on. */
  readonly watch: (apps: number) => void
  /** `wiki (snapshot), blog`; empty: none. */
  readonly text: () => string
  /** All of it, in a few words. */
  readonly status: () => string
  readonly list: () => ReadonlyArray<{ readonly app: string; readonly step: string | null }>
}

const begins = /^(?:Upgrade|Deploy|Try|Snapshot)Attempted$/

export const makeInFlight = (): InFlight => {
  const steps = new Map<string, string | null>()
  let watched = 0
  const list = () => [...steps].map(([app, step]) => ({ app, step }))
  const text = () =>
    list()
      .map(({ app, step }) => (step === null ? app : `${app} (${step})`))
      .join(", ")
  return {
    follow: (app, event) => {
      if (isUnknown(event)) return
      if (begins.test(event.type)) steps.set(app, null)
      else if (event.type === "StepStarted") steps.set(app, event.data.step)
      else if (event.type === "AttemptEnded" || event.type === "AttemptAbandoned") steps.delete(app)
    },
    watch: (apps) => {
      watched = apps
    },
    list,
    text,
    status: () => {
      const now = text()
      return `watches ${watched === 1 ? "1 app" : `${watched} apps`}${now === "" ? "" : `; works on ${now}`}`
    }
  }
}
