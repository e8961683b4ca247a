/** One attempt as a story: its outcome first, then each event, with what a failure said in full, once. Pure. */
import { type Event, isUnknown, type UnknownEvent } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { appOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { attemptsAfter } from "@lastgood/reconciler/reading/attempts"
import { eventText } from "@lastgood/reconciler/reading/eventText"
import { reasonOf } from "@lastgood/reconciler/reading/reason"
import { downtimeText } from "./downtime.ts"
import { oneLine, time, timeOfDay } from "./format.ts"

export interface Told {
  readonly envelope: Envelope
  readonly event: Event | UnknownEvent
}

/** A reason is recognized by its beginning: later events cut its end. */
const beginning = 60

const failureIn = (event: Event | UnknownEvent): string | null =>
  !isUnknown(event) && ["DeployFailed", "HealthFailed", "StepFailed"].includes(event.type) && "reason" in event.data
    ? event.data.reason
    : null

const indent = " ".repeat(10)

/** The output of an app on lines of its own. */
const inLines = (text: string): string => {
  const { lines, what } = reasonOf(text)
  if (lines.length === 0) return text
  return [what, `${indent}last log lines:`, ...lines.map((line) => `${indent}  ${line}`)].join("\n")
}

/** What was said above is not said again. */
const withoutRepeats = (text: string, said: ReadonlyArray<string>): string => {
  const at = said.map((reason) => text.indexOf(oneLine(reason).slice(0, beginning))).find((found) => found > 0)
  return at === undefined ? text : `${text.slice(0, at)}as above`
}

const headOf = (events: ReadonlyArray<Told>): string => {
  const recorded = events.map(
    ({ envelope: { at, attempt, version }, event }): Recorded => ({ at, attempt, version, event })
  )
  const [found] = recorded.reduce<ReturnType<typeof attemptsAfter>>((all, one) => attemptsAfter(all, one, 1), [])
  const first = events[0]?.envelope
  if (found === undefined || first === undefined) return ""
  const move = found.from === null || found.from === found.to ? found.to : `${found.from} → ${found.to}`
  const outcome = found.outcome ?? "in flight"
  const down = found.downtime === undefined ? "" : `\n  downtime  ${downtimeText(found.downtime)}`
  const app = appOf(first.stream)
  return `${oneLine(`${app}: ${found.kind} ${move ?? ""}: ${outcome}`)}
  began     ${time(oneLine(first.at))}, by ${oneLine(first.actor)}${down}
  attempt   ${oneLine(found.id)}
`
}

/** @param events of one attempt, oldest first; at least one. */
export const storyText = (events: ReadonlyArray<Told>): string => {
  const said: Array<string> = []
  const lines = events
    .filter(({ event }) => isUnknown(event) || !["StepStarted", "StepDone"].includes(event.type))
    .map(({ envelope, event }) => {
      const reason = failureIn(event)
      const text = withoutRepeats(eventText(event), said)
      if (reason !== null) said.push(reason)
      return `${timeOfDay(oneLine(envelope.at))}  ${oneLine(envelope.type).padEnd(18)}  ${inLines(text)}`.trimEnd()
    })
  return `${headOf(events)}${lines.join("\n")}`
}
