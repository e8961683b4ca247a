/** Decisions that several commands share. Pure. */
import type { Decision, Observed } from "./Decision.ts"
import type { Beginning, Event } from "./Event.ts"
import { type Next, runningVersion } from "./Next.ts"
import type { AppState, SnapshotRecord } from "./State.ts"
import { iso } from "./time.ts"

export const begin = (first: Beginning, ...rest: ReadonlyArray<Event>): Decision => ({
  _tag: "Begin",
  events: [first, ...rest]
})
export const record = (first: Event, ...rest: ReadonlyArray<Event>): Extract<Decision, { _tag: "Record" }> => ({
  _tag: "Record",
  events: [first, ...rest]
})
export const reject = (reason: string, next: Next): Extract<Decision, { _tag: "Rejected" }> => ({
  _tag: "Rejected",
  reason,
  next
})

/** An id that sorts by time, is a safe folder name, and is the same for the same attempt. */
export const snapshotId = (command: { readonly id: string; readonly now: number }): string =>
  `${iso(command.now).replace(/[-:]/g, "").replace(/\.\d+/, "")}-${command.id.slice(-8)}`

/** A snapshot captured before the first install does not belong to a version, so no version could start on it. */
export const hasVersion = (snapshot: SnapshotRecord): boolean => snapshot.commit !== ""

/** Rejects the command if the running app disagrees with the log; null: it agrees. */
export const disagreement = (state: AppState, observed: Observed): Decision | null => {
  if (!observed.present) {
    return state.down !== null
      ? reject(state.down.asked ? state.down.reason : `it was left down: ${state.down.reason}`, state.down.next)
      : reject("it is not running", { do: "Deploy" })
  }
  if (state.running === null) {
    return reject("it is running, but lastgood did not deploy it and does not know its version", {
      do: "Promote",
      version: runningVersion
    })
  }
  if (observed.version !== null && observed.version !== state.running.version) {
    return reject(
      `${observed.version} is running, but lastgood deployed ${state.running.version}: the app was changed without lastgood`,
      { do: "Promote", version: observed.version }
    )
  }
  return null
}

/** Usable snapshots, oldest first. Those of a quarantined version count only if there are no others. */
export const trusted = (state: AppState): ReadonlyArray<SnapshotRecord> => {
  const whole = state.snapshots.filter((s) => s.verified !== false && hasVersion(s))
  const failed = (s: SnapshotRecord) => state.quarantined.some((q) => q.version === s.version && q.commit === s.commit)
  const good = whole.filter((s) => !failed(s))
  return good.length > 0 ? good : whole
}
