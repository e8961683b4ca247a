/** An event as a line, for `log` and for the timeline of an attempt. Pure. */
import type { Event, UnknownEvent } from "@lastgood/core/domain/Event"
import { appOf } from "@lastgood/core/engine/Journal"
import type { Envelope } from "@lastgood/core/log/EventStore"
import { eventText } from "@lastgood/reconciler/reading/eventText"
import { cut, oneLine, short, time, timeOfDay } from "./format.ts"

/** Two versions, and the time and the type of the event, have room in 80 columns. */
const mostOfName = 22

/** A line of the timeline: the time of day, the event, its evidence. */
export const liveLine = ({ at, type }: Envelope, event: Event | UnknownEvent): string =>
  `${timeOfDay(oneLine(at))}  ${oneLine(type).padEnd(18)}  ${short(eventText(event, (version) => cut(version, mostOfName)))}`.trimEnd()

/** A line of the log: position, time, app, event, evidence. */
export const logLine = ({ position, at, stream, type }: Envelope, event: Event | UnknownEvent): string =>
  `${String(position).padStart(5)}  ${time(oneLine(at))}  ${oneLine(appOf(stream))}  ${oneLine(type).padEnd(18)}  ${eventText(event)}`.trimEnd()
