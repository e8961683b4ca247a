/**
 * An approval: an operator lets the daemon take a version that the policy would refuse, when the other gates and the window
 * allow it. It is of one version at one commit, and ends when an attempt at it or at a newer one begins, when another
 * version is approved, or when it is withdrawn. Pure.
 */
import { record, reject } from "../answers.ts"
import type { Command, Decision } from "../Decision.ts"
import { type Event, make } from "../Event.ts"
import type { AppState } from "../State.ts"
import { compareVersions } from "../Version.ts"
import { dangerOf, quarantineOf } from "./select.ts"

/** LAW-2, LAW-8: not for a version that is quarantined, or that may not work on the data. */
export const approve = (state: AppState, { now, to }: Extract<Command, { readonly _tag: "Approve" }>): Decision => {
  const { approved, running } = state
  if (running === null) return reject("it is not running, so no upgrade can be approved", { do: "Deploy" })
  if (compareVersions(to.version, running.version) <= 0) {
    return reject(`${to.version} is not newer than ${running.version}, which is running`, { do: "Plan" })
  }
  const danger = dangerOf(running.version, to.version)
  if (danger !== null) return reject(danger.reason, danger.next)
  if (quarantineOf(state, { ...to, at: now }, now) !== null) {
    return reject(`${to.version} is quarantined`, { do: "Retry", version: to.version })
  }
  if (approved?.version === to.version && approved.commit === to.commit) {
    return { _tag: "Nothing", why: `${to.version} is approved already` }
  }
  return record(make("VersionApproved", { version: to.version, commit: to.commit }))
}

export const withdraw = ({ approved }: AppState, version: string): Decision =>
  approved?.version === version
    ? record(make("ApprovalWithdrawn", { version }))
    : {
        _tag: "Nothing",
        why: approved === null ? "no version is approved" : `${version} is not approved; ${approved.version} is`
      }

/** The event for a hold whose time is over; null: it is not. */
export const expiry = ({ held }: AppState, nowIso: string): Event | null =>
  held === null || held.until === null || held.until > nowIso
    ? null
    : make("HoldExpired", { reason: held.reason, until: held.until })
