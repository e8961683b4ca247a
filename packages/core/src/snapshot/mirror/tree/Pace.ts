/**
 * What a refresh beside the app may cost it: the priority of its programs, and how many bytes it copies in a second. The
 * quiet window has no bounds, because the app waits for it.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Context from "effect/Context"

export interface Pace {
  /** Bytes per second; null: no bound. */
  readonly bandwidth: number | null
  /** Takes the disk only when nothing else wants it. */
  readonly ioIdle: boolean
}

export const Pace = Context.Reference<Pace>("lastgood/snapshot/Pace", {
  defaultValue: () => ({ bandwidth: null, ioIdle: true })
})

/** tar counts the records modulo 2^32. */
const mostRecords = 2 ** 31

/**
 * Options of the tar that reads: it pauses after as many records as the bandwidth allows in that time. The copy takes
 * longer than the bandwidth asks for by its own time.
 *
 * @param recordBytes the size of tar's records.
 */
export const pausesOf = (bandwidth: number | null, recordBytes: number): ReadonlyArray<string> => {
  if (bandwidth === null) return []
  const seconds = Math.max(1, Math.ceil(recordBytes / bandwidth))
  const records = Math.max(1, Math.floor((bandwidth * seconds) / recordBytes))
  return [`--checkpoint=${Math.min(records, mostRecords)}`, `--checkpoint-action=sleep=${seconds}`]
}

/** Waits until so many further bytes may be read. */
export type Spend = (bytes: number, signal: AbortSignal) => Promise<void>

/** All that share it have the bandwidth together. @param bandwidth in bytes per second; null: nothing waits. */
export const makeSpend = (bandwidth: number | null): Spend => {
  let freeAt = 0
  return async (bytes, signal) => {
    if (bandwidth === null) return
    const now = performance.now()
    freeAt = Math.max(now, freeAt) + (bytes / bandwidth) * 1000
    await sleep(freeAt - now, undefined, { signal })
  }
}
