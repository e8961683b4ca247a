/** One attempt as a story: its outcome first, then each event, with what a failure said in full, once. Pure. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import type { Recorded } from "@lastgood/core/domain/evolve"
import { appOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { attemptsAfter, movedText, noAttempts } from "@lastgood/reconciler/reading/attempts"
import { type StoryLine, storyOf } from "@lastgood/reconciler/reading/story"
import { downtimeText } from "./downtime.ts"
import { oneLine, time, timeOfDay } from "./format.ts"

export interface Told {
  readonly envelope: Envelope
  readonly event: Event | UnknownEvent
}

const indent = " ".repeat(10)

/** The output of an app on lines of its own. */
const lineText = ({ at, lines, type, what }: StoryLine): string => {
  const first = `${timeOfDay(oneLine(at))}  ${oneLine(type).padEnd(18)}  ${what}`.trimEnd()
  if (lines.length === 0) return first
  return [first, `${indent}last log lines:`, ...lines.map((line) => `${indent}  ${line}`)].join("\n")
}

const headOf = (events: ReadonlyArray<Told>): string => {
  const recorded = events.map(
    ({ envelope: { at, attempt, version }, event }): Recorded => ({ at, attempt, version, event })
  )
  const [found] = recorded.reduce((all, one) => attemptsAfter(all, one, 1), noAttempts).newest
  const first = events[0]?.envelope
  if (found === undefined || first === undefined) return ""
  const outcome = found.outcome ?? "in flight"
  const down = found.downtime === undefined ? "" : `\n  downtime  ${downtimeText(found.downtime)}`
  const app = appOf(first.stream)
  return `${oneLine(`${app}: ${found.kind} ${movedText(found)}: ${outcome}`)}
  began     ${time(oneLine(first.at))}, by ${oneLine(first.actor)}${down}
  attempt   ${oneLine(found.id)}
`
}

/** @param events of one attempt, oldest first; at least one. */
export const storyText = (events: ReadonlyArray<Told>): string =>
  `${headOf(events)}${storyOf(events.map(({ envelope, event }) => ({ at: envelope.at, event })))
    .map(lineText)
    .join("\n")}`
