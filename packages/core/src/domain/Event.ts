/**
 * Every fact that lastgood records, as data. A released shape never changes: a new shape is a new `v` with an upcaster
 * (`log/Upcast.ts`) and a golden fixture (`test/fixtures/events`). Event names are data, never class names.
 */
import * as Schema from "effect/Schema"
import { alerts } from "./events/alerts.ts"
import { app } from "./events/app.ts"
import { attempts } from "./events/attempts.ts"
import { outcomes } from "./events/outcomes.ts"
import { snapshots } from "./events/snapshots.ts"
import { steps } from "./events/steps.ts"
import { world } from "./events/world.ts"

export type { CheckEvidence } from "./events/steps.ts"

/**
 * Every event at its newest version, by its type. The log reads and writes an event as soon as it is in its group; a test
 * asks for its golden fixture.
 */
const events = { ...app, ...attempts, ...steps, ...outcomes, ...snapshots, ...alerts, ...world }

type Events = typeof events
export type EventType = keyof Events
type Versions = { readonly [T in EventType]: Events[T]["fields"]["v"]["literal"] }
/** The data of one type of event. */
export type DataOf<T extends EventType> = Events[T]["fields"]["data"]["Type"]
/** The event of one type. */
export interface EventOf<T extends EventType> {
  readonly type: T
  readonly v: Versions[T]
  readonly data: DataOf<T>
}

/** The same schemas: the compiler holds each key to the type that its schema writes, and each type to its version. */
const schemas: {
  readonly [T in EventType]: {
    readonly fields: { readonly type: { readonly literal: T }; readonly v: { readonly literal: Versions[T] } }
  }
} = events

export const Event = Schema.Union(Object.values(events))
export const eventTypes = Object.keys(events) as ReadonlyArray<EventType>
export type Event = typeof Event.Type

/** The event that an attempt begins with. */
export type Beginning = Extract<
  Event,
  {
    readonly type:
      | "UpgradeAttempted"
      | "DeployAttempted"
      | "SnapshotAttempted"
      | "TryAttempted"
      | "StopAttempted"
      | "RollbackStarted"
  }
>

/** An event whose type or version this lastgood does not know. It is kept, shown raw, and ignored by `evolve`. */
export interface UnknownEvent {
  readonly unknown: true
  readonly type: string
  readonly v: number
  readonly data: unknown
}

export const isUnknown = (event: Event | UnknownEvent): event is UnknownEvent => "unknown" in event

/** Makes an event at the newest version of its type: `make("AppReleased", {})`. */
export const make = <T extends EventType>(type: T, data: DataOf<T>): EventOf<T> => ({
  type,
  v: schemas[type].fields.v.literal,
  data
})
