/**
 * Signs of life of a long piece of work. How long a snapshot takes depends on the data, so no fixed limit is right for
 * it; that it does nothing at all for a quarter of an hour is never right. Whoever works beats; whoever watches (the
 * engine) listens.
 */
import * as Context from "effect/Context"

export interface Heartbeat {
  readonly beat: () => void
  /** How often somebody wants to hear, milliseconds; null: nobody listens. */
  readonly everyMs: number | null
}

export const Heartbeat = Context.Reference<Heartbeat>("lastgood/process/Heartbeat", {
  defaultValue: () => ({ beat: () => undefined, everyMs: null })
})
