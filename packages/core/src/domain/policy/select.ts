/**
 * The policy: which version an upgrade would go to now, and which gate refuses a newer one. Pure. Used by `decide`, by
 * `plan` and `doctor`, and by the engine to choose the version whose hazards it checks.
 */
import type { Candidate, Refusal, UpgradeCommand } from "../Decision.ts"
import { advise } from "../Next.ts"
import type { AppState, Quarantine } from "../State.ts"
import { iso, isoMillis } from "../time.ts"
import { allowed, compareVersions, isOlderApp, isPrerelease, postgresMajor } from "../Version.ts"
import { mayBegin, opensAt, windowText } from "./window.ts"

export type Selection =
  | { readonly _tag: "Target"; readonly target: Candidate }
  | { readonly _tag: "None"; readonly why: string }
  /** `candidate`: the version that the gate refuses. */
  | { readonly _tag: "Gated"; readonly candidate: Candidate | null; readonly refusal: Refusal }

export type UpgradeQuestion = Pick<
  UpgradeCommand,
  "now" | "policy" | "minimumAgeMs" | "to" | "offers" | "trigger" | "note" | "windows" | "others"
>

export const isHeld = (state: AppState, now: number): boolean =>
  state.held !== null && (state.held.until === null || isoMillis(state.held.until) > now)

/** The quarantine in force: of the same version at the same commit, until its time is over. */
export const quarantineOf = (state: AppState, candidate: Candidate, now: number): Quarantine | null =>
  state.quarantined.find(
    (q) =>
      q.version === candidate.version && q.commit === candidate.commit && (q.until === null || isoMillis(q.until) > now)
  ) ?? null

const ends = (until: string | null | undefined): Pick<Refusal, "until"> => (until ? { until } : {})

export const heldBy = (state: AppState): Refusal => ({
  gate: "held",
  reason: `held${state.held?.until ? ` until ${state.held.until}` : ""}: ${state.held?.reason ?? ""}`,
  next: { do: "Release" },
  ...ends(state.held?.until)
})

/** The end comes before the reason: a reason with log lines is long, and is cut where there is no room. */
const quarantinedBy = (q: Quarantine): Refusal => ({
  gate: "quarantine",
  reason: `${q.version} is quarantined${q.until === null ? "" : ` until ${q.until}`}${q.failures > 1 ? ` (failed ${q.failures} times)` : ""}: ${q.reason}`,
  next: advise`${{ do: "Retry", version: q.version }}, or wait for a newer version`,
  ...ends(q.until)
})

/** An approval is of a version at a commit: a tag that was moved since is another version. */
const isApproved = ({ approved }: AppState, { commit, version }: Candidate): boolean =>
  approved !== null && approved.version === version && approved.commit === commit

/** The gate that only an operator's `upgrade --to` passes, because the app may not work on its data; null: none. */
export const dangerOf = (running: string, version: string): Refusal | null => {
  if (isOlderApp(running, version)) {
    return {
      gate: "older-app",
      reason: `the app in ${version} is older than that in ${running}: old code would start on new data`,
      next: advise`if you are sure that the older app can use the data: ${{ do: "Upgrade", to: version }}`
    }
  }
  const postgres = postgresMajor(running, version)
  return postgres === null
    ? null
    : {
        gate: "database",
        reason: `${version} has PostgreSQL ${postgres.to} in ${postgres.service}, which does not read the data of ${postgres.from}`,
        next: advise`move the data yourself (pg_dumpall, or pg_upgrade); or, if the image does it: ${{ do: "Upgrade", to: version }}`
      }
}

const policyRefuses = (
  state: AppState,
  { policy }: UpgradeQuestion,
  running: string,
  { version }: Candidate
): Refusal => {
  const moved = state.approved?.version === version ? "; the approval is of another commit of it" : ""
  return {
    gate: "policy",
    reason: `the policy \`${policy}\` does not allow ${version} from ${running}${moved}`,
    next: advise`${{ do: "Upgrade", to: version }}; for the daemon to do it: ${{ do: "Approve", version }}`
  }
}

/** The gate that refuses a version which the operator did not name; null: none. */
const gateOf = (state: AppState, q: UpgradeQuestion, running: string, candidate: Candidate): Refusal | null => {
  const approved = isApproved(state, candidate)
  // Before the policy: its remedy is the same, but its text does not name the danger. With `manual`, every version has it.
  const danger = q.policy !== "manual" || approved ? dangerOf(running, candidate.version) : null
  if (danger?.gate === "older-app") return danger
  // Before the policy too: a quarantine also refuses a version that the operator names.
  const quarantine = quarantineOf(state, candidate, q.now)
  if (quarantine !== null) return quarantinedBy(quarantine)
  // No policy allows it: the new server does not start on the data of the old one.
  if (danger !== null) return danger
  if (approved) return null
  if (!allowed(q.policy, running, candidate.version)) return policyRefuses(state, q, running, candidate)
  const age = q.now - candidate.at
  if (age < q.minimumAgeMs) {
    const until = iso(candidate.at + q.minimumAgeMs)
    return {
      gate: "minimum-age",
      reason: `${candidate.version} is younger than the minimum age, until ${until}`,
      next: advise`wait, or ${{ do: "Upgrade", to: candidate.version }}`,
      until
    }
  }
  return null
}

/** Why the daemon does not begin yet, although no gate refuses the version; null: it begins. It does not bind an operator. */
const delayOf = ({ now, others, trigger, windows }: UpgradeQuestion): Refusal | null => {
  if (trigger === "operator") return null
  const [other] = others
  if (other !== undefined) return other
  if (mayBegin(windows, now)) return null
  const opens = opensAt(windows, now)
  return {
    gate: "window",
    reason: `outside of its window ${windowText(windows)}`,
    next: advise`wait, or ${{ do: "Upgrade" }}`,
    ...ends(opens === null ? null : iso(opens))
  }
}

const unlessDelayed = (q: UpgradeQuestion, target: Candidate): Selection => {
  const refusal = delayOf(q)
  return refusal === null ? { _tag: "Target", target } : { _tag: "Gated", candidate: target, refusal }
}

const noteOn = ({ note }: UpgradeQuestion, { version }: Candidate): Refusal | null =>
  note !== null && compareVersions(version, note.version) >= 0 ? note.refusal : null

/** @param running the version that is running. */
export const selectTarget = (state: AppState, running: string, q: UpgradeQuestion): Selection => {
  if (q.to !== null) {
    const order = compareVersions(q.to.version, running)
    if (order === 0) return { _tag: "None", why: `${running} is already running` }
    if (isHeld(state, q.now)) return { _tag: "Gated", candidate: q.to, refusal: heldBy(state) }
    if (order < 0) {
      return {
        _tag: "Gated",
        candidate: q.to,
        refusal: {
          gate: "downgrade",
          reason: `${q.to.version} is older than ${running}: lastgood never starts old code on new data`,
          next: advise`${{ do: "Rollback" }} rolls back version and data; ${{ do: "Snapshots" }} lists the snapshots`
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
  if (target !== undefined) return unlessDelayed(q, target)
  const [noted] = free
  if (noted !== undefined && q.note !== null) return { _tag: "Gated", candidate: noted, refusal: q.note.refusal }
  const refusal = gateOf(state, q, running, newest)
  return refusal === null ? unlessDelayed(q, newest) : { _tag: "Gated", candidate: newest, refusal }
}
