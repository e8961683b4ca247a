/**
 * The plans of attempts: which steps, in which order. A plan is written into the event that starts the attempt, so that
 * a newer lastgood finishes what an older one began; this file is only asked when an attempt starts.
 *
 * A step is idempotent: it may run again after a crash. The fault tests are generated from this list.
 */
import type { Ref } from "./Ref.ts"

/**
 * What becomes of the app when a step of the way forward fails: `untouched`, it was not taken down; `versionBack`, the
 * version is started again on its data, which is as it was; `dataBack`, version and data come back (LAW-2); `keep`, the
 * result stands.
 */
export type OnFailure = "untouched" | "versionBack" | "dataBack" | "keep"

/** Steps that act on the world, with what each may do. */
export const performed = {
  /** App up. Checks hazards and room, lays the release out, pulls images. */
  prefetch: { appUp: true, onFailure: "untouched" },
  /** App up. One pass of the health gate before anything is taken down. */
  check: { appUp: true, onFailure: "untouched" },
  /** On the way back only. App up or failing. Verifies the snapshot and unpacks it beside the volumes. */
  stage: { appUp: true, onFailure: "dataBack" },
  /** Takes the app down and proves that nothing can write. */
  undeploy: { appUp: false, onFailure: "versionBack" },
  /** Down and quiet. Captures every volume, durably. */
  snapshot: { appUp: false, onFailure: "versionBack" },
  /** On the way back only. Down and quiet. Sets the data aside and swaps the staged trees in. */
  restore: { appUp: false, onFailure: "dataBack" },
  /** Brings a version up: the target on the way forward, the last good one on the way back. */
  deploy: { appUp: false, onFailure: "dataBack" },
  /** App up. The health gate. */
  health: { appUp: true, onFailure: "dataBack" },
  /** App up. The operator's own command, beside the version that is tried. The one step that never runs again. */
  command: { appUp: true, onFailure: "dataBack" },
  /** App up. SHA-256 of what was captured. */
  seal: { appUp: true, onFailure: "keep" },
  /** App up. Prunes what is no longer kept. */
  tidy: { appUp: true, onFailure: "keep" }
} as const satisfies Readonly<Record<string, { readonly appUp: boolean; readonly onFailure: OnFailure }>>

/**
 * Steps that only record a decision: `commit` moves the last good version, `return` begins the way back of a try that went
 * well, `conclude` says how the way back ended.
 */
export const recorded = ["commit", "return", "conclude"] as const

export type PerformedStep = keyof typeof performed
export type RecordedStep = (typeof recorded)[number]
export type Step = PerformedStep | RecordedStep

export const isPerformed = (step: string): step is PerformedStep => Object.hasOwn(performed, step)
export const isRecorded = (step: string): step is RecordedStep => recorded.some((one) => one === step)

export const upgradePlan: ReadonlyArray<Step> = [
  "prefetch",
  "undeploy",
  "snapshot",
  "deploy",
  "health",
  "commit",
  "seal",
  "tidy"
]

/** Bringing up an app that is down. The same version on its own data needs no snapshot to go back to. */
export const deployPlan = (from: Ref | null, to: Ref): ReadonlyArray<Step> =>
  from !== null && from.version === to.version && from.commit === to.commit
    ? ["prefetch", "deploy", "health", "commit", "tidy"]
    : upgradePlan

/** `try`: an upgrade whose way back is certain. */
export const tryPlan = (options: { readonly command: boolean }): ReadonlyArray<Step> => [
  "prefetch",
  "undeploy",
  "snapshot",
  "deploy",
  "health",
  ...(options.command ? (["command"] as const) : []),
  "return"
]

/**
 * `snapshot` and `promote`. A running app goes down for the capture and comes back at the same version; where `up` is false
 * it stays down: it was, or it is being taken down for good.
 */
export const snapshotPlan = (options: {
  readonly purpose: "manual" | "promote"
  readonly up: boolean
  readonly capture: boolean
}): ReadonlyArray<Step> => {
  if (options.purpose === "promote") {
    if (!options.capture) return ["check", "commit"]
    return options.up
      ? ["check", "prefetch", "undeploy", "snapshot", "deploy", "health", "commit", "seal", "tidy"]
      : ["check", "prefetch", "undeploy", "snapshot", "commit", "seal", "tidy"]
  }
  return options.up
    ? ["prefetch", "undeploy", "snapshot", "deploy", "health", "seal", "tidy"]
    : ["undeploy", "snapshot", "seal", "tidy"]
}

/**
 * The way back. LAW-2: once a deploy was begun (`snapshot` is given), the older version starts only after its data was
 * restored; before that the data is as it was and only the version comes back. `to` null: there is nothing to go back
 * to, the app is left down.
 */
export const rollbackPlan = (options: {
  readonly to: Ref | null
  readonly snapshot: string | null
  /** true: what runs is taken down before the snapshot is staged, which may have to wait for room. */
  readonly downFirst?: boolean
}): ReadonlyArray<Step> => {
  if (options.snapshot === null)
    return options.to === null ? ["undeploy", "conclude"] : ["deploy", "health", "conclude", "tidy"]
  const begin: ReadonlyArray<Step> = options.downFirst === true ? ["undeploy", "stage"] : ["stage", "undeploy"]
  return options.to === null
    ? [...begin, "restore", "conclude", "seal"]
    : [...begin, "restore", "deploy", "health", "conclude", "seal", "tidy"]
}
