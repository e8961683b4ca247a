/** The attempts that this process works on, by app, with the step of each. */
import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"

export interface InFlight {
  readonly follow: (app: string, event: Event | UnknownEvent) => void
  /** `wiki (snapshot), blog`; empty: none. */
  readonly text: () => string
  readonly list: () => ReadonlyArray<{ readonly app: string; readonly step: string | null }>
}

const begins = /^(?:Upgrade|Deploy|Try|Snapshot)Attempted$/

export const makeInFlight = (): InFlight => {
  const steps = new Map<string, string | null>()
  const list = () => [...steps].map(([app, step]) => ({ app, step }))
  return {
    follow: (app, event) => {
      if (isUnknown(event)) return
      if (begins.test(event.type)) steps.set(app, null)
      else if (event.type === "StepStarted") steps.set(app, event.data.step)
      else if (event.type === "AttemptEnded" || event.type === "AttemptAbandoned") steps.delete(app)
    },
    list,
    text: () =>
      list()
        .map(({ app, step }) => (step === null ? app : `${app} (${step})`))
        .join(", ")
  }
}
