/** LAW-8: a version that failed is not tried again until its quarantine is over, which grows with each failure. Pure. */
import { type Event, make } from "./Event.ts"
import type { AppState, Attempt, Failure } from "./State.ts"
import { iso } from "./time.ts"
import { isForRoom } from "./waiting.ts"

const day = 24 * 60 * 60 * 1000

/** LAW-8: one day, four, sixteen, then thirty. */
export const quarantineMs = (failures: number): number => Math.min(day * 4 ** (failures - 1), 30 * day)

/** A full disk says nothing about a version: it is tried again within hours. */
export const quarantineForRoomMs = (failures: number): number => Math.min((day / 24) * 4 ** (failures - 1), day)

export const isSame = (a: Attempt): boolean => a.from?.version === a.to?.version && a.from?.commit === a.to?.commit

/** @returns nothing where the failure says nothing about a version. */
export const quarantine = (state: AppState, a: Attempt, failure: Failure, now: number): ReadonlyArray<Event> => {
  const version = a.to
  if (version === null || isSame(a) || ["snapshot", "promote", "try"].includes(a.kind)) return []
  // LAW-15: that data went missing says nothing about a version.
  if (failure.error === "DataLost") return []
  const before = state.quarantined.find((q) => q.version === version.version && q.commit === version.commit)
  const failures = (before?.failures ?? 0) + 1
  const forMs = isForRoom(failure) ? quarantineForRoomMs(failures) : quarantineMs(failures)
  return [make("VersionQuarantined", { ...version, reason: failure.reason, failures, until: iso(now + forMs) })]
}
