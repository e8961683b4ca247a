/** LAW-8: a version that failed is not tried again until its quarantine is over, which grows with each failure. Pure. */
import { type Attempt, type Failure, type Forward, fromOf, toOf } from "./Attempt.ts"
import { type Event, make } from "./Event.ts"
import type { Ref } from "./Ref.ts"
import type { AppState } from "./State.ts"
import { iso } from "./time.ts"
import { isForRoom } from "./waiting.ts"

const day = 24 * 60 * 60 * 1000

/** LAW-8: one day, four, sixteen, then thirty. */
export const quarantineMs = (failures: number): number => Math.min(day * 4 ** (failures - 1), 30 * day)

/** A full disk says nothing about a version, so the version is tried again within hours. */
export const quarantineForRoomMs = (failures: number): number => Math.min((day / 24) * 4 ** (failures - 1), day)

/** Whether the attempt starts the version that it began with. */
export const isSame = (a: Attempt): boolean => {
  const from = fromOf(a)
  const to = toOf(a)
  return from?.version === to?.version && from?.commit === to?.commit
}

/** Whether the attempt may quarantine its version: a try is meant to find out, and the others start no new version. */
const attemptedBy = (a: Forward): Ref | null => {
  switch (a.kind) {
    case "upgrade":
    case "deploy":
      return isSame(a) ? null : a.to
    case "snapshot":
    case "promote":
    case "try":
    case "stop":
      return null
  }
}

/** @returns no event if the failure says nothing about the version. */
export const quarantine = (state: AppState, a: Forward, failure: Failure, now: number): ReadonlyArray<Event> => {
  const version = attemptedBy(a)
  if (version === null) return []
  // LAW-15: missing data says nothing about a version.
  if (failure.error === "DataLost") return []
  const before = state.quarantined.find((q) => q.version === version.version && q.commit === version.commit)
  const failures = (before?.failures ?? 0) + 1
  const forMs = isForRoom(failure) ? quarantineForRoomMs(failures) : quarantineMs(failures)
  return [make("VersionQuarantined", { ...version, reason: failure.reason, failures, until: iso(now + forMs) })]
}
