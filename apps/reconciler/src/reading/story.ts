/** What happened in one attempt, event by event: a failure in full once, and without the bookkeeping of steps. Pure. */
import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"
import { eventText } from "./eventText.ts"
import { oneLine } from "./format.ts"
import { type Reason, reasonOf } from "./reason.ts"

export interface StoryLine extends Reason {
  /** ISO 8601. */
  readonly at: string
  readonly type: string
  readonly isFailure: boolean
}

interface Happened {
  readonly at: string
  readonly event: Event | UnknownEvent
}

/** A reason is recognized by its beginning: later events cut its end. */
const beginning = 60

const failureIn = (event: Event | UnknownEvent): string | null =>
  !isUnknown(event) && ["DeployFailed", "HealthFailed", "StepFailed"].includes(event.type) && "reason" in event.data
    ? event.data.reason
    : null

/** What was said above is not said again. */
const withoutRepeats = (text: string, said: ReadonlyArray<string>): string => {
  const at = said.map((reason) => text.indexOf(oneLine(reason).slice(0, beginning))).find((found) => found > 0)
  return at === undefined ? text : `${text.slice(0, at)}as above`
}

/** @param events of one attempt, oldest first. */
export const storyOf = (events: ReadonlyArray<Happened>): ReadonlyArray<StoryLine> => {
  const said: Array<string> = []
  return events
    .filter(({ event }) => isUnknown(event) || !["StepStarted", "StepDone"].includes(event.type))
    .map(({ at, event }) => {
      const reason = failureIn(event)
      const text = withoutRepeats(eventText(event), said)
      if (reason !== null) said.push(reason)
      const isFailure = reason !== null || event.type === "RollbackFailed"
      return { at, type: event.type, isFailure, ...reasonOf(text) }
    })
}
