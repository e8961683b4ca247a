/**
 * The downtime of an app: how long an attempt kept it down, by step, and how long the next upgrade will. Measured from the
 * beginning of the first `undeploy` until every check had passed once. Derived from the steps' events alone. Pure.
 */
import type { Event } from "./Event.ts"
import { size } from "./size.ts"
import { iso, isoMillis } from "./time.ts"

export interface StepTime {
  readonly step: string
  readonly ms: number
}

/** How long an attempt kept the app down. */
export interface Downtime {
  readonly attempt: string
  /** When it was first taken down. */
  readonly at: string
  /** Without the time since `downSince`. */
  readonly ms: number
  /** null: it is up again. */
  readonly downSince: string | null
  /** In the order of their first run. A step that ran several times, also in a rollback, has the sum. */
  readonly steps: ReadonlyArray<StepTime>
  /** The step that runs now. */
  readonly current: { readonly step: string; readonly at: string } | null
  /** The data in the snapshot; null: none was captured. */
  readonly bytes: number | null
  /** Every volume was captured by its mirror. Absent: not. */
  readonly isMirrored?: boolean
  /** false: it was rolled back, failed, or has not ended. */
  readonly isGood: boolean
}

/** What the log and reports tell of it. */
export type Measured = Pick<Downtime, "at" | "ms" | "downSince" | "steps">

/** @returns undefined: the attempt did not take the app down. */
export const measuredOf = (downtimes: ReadonlyArray<Downtime>, attempt: string | null): Measured | undefined => {
  const found = downtimes.findLast((one) => one.attempt === attempt)
  if (found === undefined) return undefined
  const { at, downSince, ms, steps } = found
  return { at, ms, downSince, steps }
}

/** The state keeps these: as many as a prediction uses, and a few that failed. */
const kept = 10

/** The most recent good attempts that a prediction uses. */
const used = 5

const add = (steps: ReadonlyArray<StepTime>, step: string, ms: number): ReadonlyArray<StepTime> =>
  steps.some((one) => one.step === step)
    ? steps.map((one) => (one.step === step ? { step, ms: one.ms + ms } : one))
    : [...steps, { step, ms }]

/** The wall clock may have been changed meanwhile. */
const between = (from: string, to: string): number => Math.max(0, isoMillis(to) - isoMillis(from))

const stepEnded = (downtime: Downtime, at: string): Downtime => {
  const { current, steps } = downtime
  return current === null
    ? downtime
    : { ...downtime, current: null, steps: add(steps, current.step, between(current.at, at)) }
}

/** When every check had passed once, by the evidence; without checks, at the end of the gate. */
const firstUp = ({ checks }: Extract<Event, { readonly type: "HealthPassed" }>["data"], at: string): string => {
  const passes = checks.map(({ firstPassAt }) => isoMillis(firstPassAt ?? at))
  return passes.length === 0 ? at : iso(Math.min(isoMillis(at), Math.max(...passes)))
}

const withLast = (
  downtimes: ReadonlyArray<Downtime>,
  attempt: string,
  change: (downtime: Downtime) => Downtime
): ReadonlyArray<Downtime> => {
  const last = downtimes.at(-1)
  return last?.attempt === attempt ? [...downtimes.slice(0, -1), change(last)] : downtimes
}

/** A step of an app that is down; `undeploy` takes an app down, also once more in a rollback. */
const stepStarted = (downtime: Downtime, step: string, at: string): Downtime =>
  downtime.downSince === null && step !== "undeploy"
    ? downtime
    : { ...stepEnded(downtime, at), downSince: downtime.downSince ?? at, current: { step, at } }

const up = (downtime: Downtime, at: string): Downtime => {
  const { downSince, ms } = downtime
  if (downSince === null) return downtime
  return { ...stepEnded(downtime, at), ms: ms + between(downSince, at), downSince: null }
}

const begin = (attempt: string, at: string): Downtime => ({
  ...{ attempt, at, ms: 0, downSince: at, steps: [], bytes: null, isGood: false },
  current: { step: "undeploy", at }
})

const captured = (
  { isMirrored: _, ...downtime }: Downtime,
  { bytes, volumes }: Extract<Event, { readonly type: "SnapshotTaken" }>["data"]
): Downtime => {
  const isMirrored = volumes.length > 0 && volumes.every(({ manifest }) => manifest !== undefined)
  return { ...downtime, bytes, ...(isMirrored ? { isMirrored } : {}) }
}

/** The attempt that an event belongs to; `wasUp`: the app was up when it began. */
export interface During {
  readonly id: string
  readonly wasUp: boolean
}

export const downtimesAfter = (
  downtimes: ReadonlyArray<Downtime>,
  event: Event,
  { id, wasUp }: During,
  at: string
): ReadonlyArray<Downtime> => {
  switch (event.type) {
    case "StepStarted": {
      const { step } = event.data
      const isFirst = downtimes.at(-1)?.attempt !== id
      if (isFirst) return wasUp && step === "undeploy" ? [...downtimes, begin(id, at)].slice(-kept) : downtimes
      return withLast(downtimes, id, (one) => stepStarted(one, step, at))
    }
    case "SnapshotTaken":
      return withLast(downtimes, id, (one) => captured(stepEnded(one, at), event.data))
    case "Undeployed":
    case "Deployed":
    case "DeployFailed":
    case "HealthFailed":
    case "SnapshotStaged":
    case "SnapshotRestored":
    case "StepDone":
    case "StepFailed":
      return withLast(downtimes, id, (one) => stepEnded(one, at))
    case "HealthPassed":
      return withLast(downtimes, id, (one) => up(one, firstUp(event.data, at)))
    case "AttemptEnded": {
      const isGood = event.data.outcome === "committed" || event.data.outcome === "done"
      return withLast(downtimes, id, (one) => ({ ...one, current: null, isGood: isGood && one.downSince === null }))
    }
    default:
      return downtimes
  }
}

/** A prediction of the next upgrade's downtime. The shape is public (`lastgood plan --json`). */
export interface PredictedDowntime {
  readonly ms: number
  readonly steps: ReadonlyArray<StepTime>
  /** How many attempts it is predicted from. */
  readonly attempts: number
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

/** An archive takes longer by as much as the data has grown. What a mirror copies does not depend on the size of the data. */
const grown = ({ bytes, isMirrored = false }: Downtime, ms: number, now: number | null): number =>
  bytes !== null && bytes > 0 && now !== null && !isMirrored ? ms * Math.max(1, now / bytes) : ms

/** How the next snapshot is captured: `mirror`, if every volume is captured by one. */
export type Capture = "mirror" | "tar"

const captureOf = ({ isMirrored = false }: Downtime): Capture => (isMirrored ? "mirror" : "tar")

/**
 * How long snapshots took that were captured like the next one. A mirror takes no longer than the archives before it did.
 *
 * @returns null: only mirrors have been measured, and the next snapshot is archived.
 */
const snapshotTimes = (alike: ReadonlyArray<Downtime>, bytes: number | null, by: Capture) => {
  const same = alike.filter((one) => captureOf(one) === by)
  if (same.length === 0 && by === "tar") return null
  const [from, now] = same.length === 0 ? [alike, null] : [same, bytes]
  return from.flatMap((one) => timesOf(one, "snapshot").map((ms) => grown(one, ms, now)))
}

const timesOf = ({ steps }: Downtime, step: string): ReadonlyArray<number> =>
  steps.filter((one) => one.step === step).map(({ ms }) => ms)

/** The steps of an upgrade that keep the app down. */
const upgradeSteps = ["undeploy", "snapshot", "deploy", "health"] as const

/** A try and a rollback restore as well. */
const isAlike = (steps: ReadonlyArray<string>): boolean =>
  upgradeSteps.every((step) => steps.includes(step)) && !steps.includes("restore")

/**
 * The median of the last attempts that ended well and took the same steps as an upgrade.
 *
 * @param bytes of the data now; null: unknown.
 * @param by how the snapshot will be captured; absent: like the last one.
 * @returns null: there was no such attempt yet.
 */
export const predictDowntime = (
  downtimes: ReadonlyArray<Downtime>,
  bytes: number | null,
  by?: Capture
): PredictedDowntime | null => {
  const alike = downtimes.filter(({ isGood, steps }) => isGood && isAlike(steps.map(({ step }) => step))).slice(-used)
  const last = alike.at(-1)
  const snapshots = last === undefined ? null : snapshotTimes(alike, bytes, by ?? captureOf(last))
  if (snapshots === null) return null
  const steps = upgradeSteps.map((step) => ({
    step,
    ms: Math.round(median(step === "snapshot" ? snapshots : alike.flatMap((one) => timesOf(one, step))))
  }))
  return { ms: steps.reduce((sum, { ms }) => sum + ms, 0), steps, attempts: alike.length }
}

/** A restore swaps folders, so it is not predicted from the size of the data, but from the last one. */
const restoreMs = (downtimes: ReadonlyArray<Downtime>): number =>
  downtimes
    .findLast(({ steps }) => steps.some(({ step }) => step === "restore"))
    ?.steps.find(({ step }) => step === "restore")?.ms ?? 0

/** The downtime of a plan that an operator asks for, from earlier ones; null: it is not known, or there is none. */
export const predictDowntimeOf = (
  plan: ReadonlyArray<string>,
  downtimes: ReadonlyArray<Downtime>
): PredictedDowntime | null => {
  const upgrade = predictDowntime(downtimes, null)
  if (upgrade === null || !plan.includes("undeploy")) return null
  const restored = { step: "restore", ms: restoreMs(downtimes) } as const
  const times = [...upgrade.steps, restored].filter(({ ms, step }) => plan.includes(step) && ms > 0)
  return { ms: times.reduce((sum, { ms }) => sum + ms, 0), steps: times, attempts: upgrade.attempts }
}

/** For an app without a measured downtime. @param bytes of its data. @param up it is started again. */
export const downtimeText = (app: string, bytes: number, up: boolean): string => {
  const copy = `a copy of ${size(bytes)}`
  return up
    ? `${app} will be down as long as a stop, ${copy} and a start take`
    : `${app} is stopped for good, with ${copy}`
}
