/** How often the daemon looks by itself for what no configuration times. Milliseconds. */
import * as Context from "effect/Context"

export interface Cadence {
  /** The files of the configuration, besides before each pass. */
  readonly configurationMs: number
  /** The log, for what is to be sent. */
  readonly notificationsMs: number
  /** Alerts about the configuration that could not be recorded or delivered. */
  readonly retryMs: number
  /** How long the services of looks are kept open. Shorter than the time between two looks at one app. */
  readonly keptMs: number
  /** Whether mirrors are to be brought up to date, besides after each pass. */
  readonly mirrorsMs: number
  /** Garbage of passes. */
  readonly memoryMs: number
}

/** Only a test that simulates years has another one. */
export const Cadence = Context.Reference<Cadence>("lastgood/reconciler/Cadence", {
  defaultValue: () => ({
    configurationMs: 2000,
    notificationsMs: 10_000,
    retryMs: 5 * 60_000,
    keptMs: 10_000,
    mirrorsMs: 5 * 60_000,
    memoryMs: 60_000
  })
})
