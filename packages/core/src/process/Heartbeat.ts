/**
 * Signs of life of long work. The time of a snapshot depends on the data, so no fixed limit fits; but doing nothing at
 * all for a quarter of an hour is never right. The worker beats, and the engine listens.
 */
import * as Context from "effect/Context"

export interface Heartbeat {
  readonly beat: () => void
  /** How often the listener wants a beat, in milliseconds; null: there is no listener. */
  readonly everyMs: number | null
}

export const Heartbeat = Context.Reference<Heartbeat>("lastgood/process/Heartbeat", {
  defaultValue: () => ({ beat: () => undefined, everyMs: null })
})
