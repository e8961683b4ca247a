/**
 * Which version an upgrade would go to now, and which gate holds back a newer one. Pure: used by `decide`, by `plan`, and
 * by the engine to know whose hazards to look for.
 */
import type { Candidate, Refusal, UpgradeCommand } from "./Decision.ts"
import { advise } from "./Next.ts"
import type { AppState, Quarantine } from "./State.ts"
import { iso, isoMillis } from "./time.ts"
import { allowed, compareVersions, isOlderApp, isPrerelease } from "./Version.ts"

export type Selection =
  | { readonly _tag: "Target"; readonly target: Candidate }
  | { readonly _tag: "None"; readonly why: string }
  /** `candidate`: the version that the gate holds back. */
  | { readonly _tag: "Gated"; readonly candidate: Candidate | null; readonly refusal: Refusal }

type Question = Pick<UpgradeCommand, "now" | "policy" | "minimumAgeMs" | "to" | "offers" | "trigger" | "note">

export const isHeld = (state: AppState, now: number): boolean =>
  state.held !== null && (state.held.until === null || isoMillis(state.held.until) > now)

/** The quarantine that still counts: the same version at the same commit, until its time is over. */
export const quarantineOf = (state: AppState, candidate: Candidate, now: number): Quarantine | null =>
  state.quarantined.find(
    (q) =>
      q.version === candidate.version && q.commit === candidate.commit && (q.until === null || isoMillis(q.until) > now)
  ) ?? null

export const heldBy = (state: AppState): Refusal => ({
  gate: "held",
  reason: `held${state.held?.until ? ` until ${state.held.until}` : ""}: ${state.held?.reason ?? ""}`,
  next: { do: "Release" }
})

/** Without an end it is an operator's word, and nothing has failed. */
const quarantinedBy = (q: Quarantine): Refusal => ({
  gate: "quarantine",
  reason:
    q.until === null
      ? `${q.version} is quarantined: ${q.reason}`
      : `${q.version} failed before${q.failures > 1 ? ` (${q.failures} times)` : ""}: ${q.reason}; next try after ${q.until}`,
  next: advise`${{ do: "Retry", version: q.version }}, or wait for a newer version`
})

/** The gate that holds back a version which was not asked for by name. */
const gateOf = (state: AppState, q: Question, running: string, candidate: Candidate): Refusal | null => {
  // Before the policy: its way out would be the same, and it does not say what is at stake.
  if (q.policy !== "manual" && isOlderApp(running, candidate.version)) {
    return {
      gate: "older-app",
      reason: `the app in ${candidate.version} is older than that in ${running}: old code would start on new data`,
      next: advise`if it is meant and the data fits, ${{ do: "Upgrade", to: candidate.version }}`
    }
  }
  // Before the policy too: what names a version is refused by it.
  const quarantine = quarantineOf(state, candidate, q.now)
  if (quarantine !== null) return quarantinedBy(quarantine)
  if (!allowed(q.policy, running, candidate.version)) {
    return {
      gate: "policy",
      reason: `${candidate.version} is beyond the policy \`${q.policy}\` from ${running}`,
      next: { do: "Upgrade", to: candidate.version }
    }
  }
  const age = q.now - candidate.at
  if (age < q.minimumAgeMs) {
    return {
      gate: "minimum-age",
      reason: `${candidate.version} is too young: it may be taken from ${iso(candidate.at + q.minimumAgeMs)} on`,
      next: advise`wait, or ${{ do: "Upgrade", to: candidate.version }}`
    }
  }
  return null
}

const noteOn = ({ note }: Question, { version }: Candidate): Refusal | null =>
  note !== null && compareVersions(version, note.version) >= 0 ? note.refusal : null

/** @param running the version that runs now. */
export const selectTarget = (state: AppState, running: string, q: Question): Selection => {
  if (q.to !== null) {
    const order = compareVersions(q.to.version, running)
    if (order === 0) return { _tag: "None", why: `${running} runs already` }
    if (isHeld(state, q.now)) return { _tag: "Gated", candidate: q.to, refusal: heldBy(state) }
    if (order < 0) {
      return {
        _tag: "Gated",
        candidate: q.to,
        refusal: {
          gate: "downgrade",
          reason: `${q.to.version} is older than ${running}, and never does old code start on new data`,
          next: advise`${{ do: "Rollback" }} goes back with the data; ${{ do: "Snapshots" }} lists what there is`
        }
      }
    }
    const quarantine = quarantineOf(state, q.to, q.now)
    const refusal = quarantine === null ? noteOn(q, q.to) : quarantinedBy(quarantine)
    return refusal === null ? { _tag: "Target", target: q.to } : { _tag: "Gated", candidate: q.to, refusal }
  }
  const newer = q.offers
    .filter((o) => compareVersions(o.version, running) > 0)
    .filter((o) => !isPrerelease(o.version) || isPrerelease(running))
    .sort((a, b) => compareVersions(b.version, a.version))
  const newest = newer[0]
  if (newest === undefined) return { _tag: "None", why: `${running} is the newest version` }
  if (isHeld(state, q.now)) return { _tag: "Gated", candidate: newest, refusal: heldBy(state) }
  const free = newer.filter((candidate) => gateOf(state, q, running, candidate) === null)
  const target = free.find((candidate) => noteOn(q, candidate) === null)
  if (target !== undefined) return { _tag: "Target", target }
  const [noted] = free
  if (noted !== undefined && q.note !== null) return { _tag: "Gated", candidate: noted, refusal: q.note.refusal }
  const refusal = gateOf(state, q, running, newest)
  return refusal === null ? { _tag: "Target", target: newest } : { _tag: "Gated", candidate: newest, refusal }
}
