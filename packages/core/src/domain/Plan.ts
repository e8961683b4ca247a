/**
 * The plans of attempts: which steps, in which order. A plan is written into the event that starts the attempt, so that
 * a newer lastgood finishes what an older one began; these plans are used only when an attempt starts.
 *
 * A step is idempotent: it may run again after a crash. The fault tests are generated from this list.
 */
import type { Ref } from "./Ref.ts"

/**
 * What happens to the app when a forward step fails. `untouched`: it was not taken down. `versionBack`: lastgood starts the
 * old version again on its unchanged data. `dataBack`: lastgood rolls back version and data (LAW-2). `keep`: the result
 * stands.
 */
export type OnFailure = "untouched" | "versionBack" | "dataBack" | "keep"

/** Steps that act on the world, with what each may do. */
export const performed = {
  /** App up. Checks hazards and free space, checks the release out, pulls images. */
  prefetch: { appUp: true, onFailure: "untouched" },
  /** App up. One pass of the health gate before anything is taken down. */
  check: { appUp: true, onFailure: "untouched" },
  /** In a rollback only. App up or failing. Verifies the snapshot and unpacks it beside the volumes. */
  stage: { appUp: true, onFailure: "dataBack" },
  /** Takes the app down and proves that nothing can write. */
  undeploy: { appUp: false, onFailure: "versionBack" },
  /** Down and quiet. Captures every volume, durably. */
  snapshot: { appUp: false, onFailure: "versionBack" },
  /** In a rollback only. Down and quiet. Sets the data aside and swaps in the staged data. */
  restore: { appUp: false, onFailure: "dataBack" },
  /** Deploys a version: the target, or in a rollback the last good one. */
  deploy: { appUp: false, onFailure: "dataBack" },
  /** App up. The health gate. */
  health: { appUp: true, onFailure: "dataBack" },
  /** App up. Runs the operator's command against the version that is tried. The only step that never runs again. */
  command: { appUp: true, onFailure: "dataBack" },
  /** App up. Computes the SHA-256 of the captured archives. */
  seal: { appUp: true, onFailure: "keep" },
  /** Down for good. Deletes volumes of a removed app, once its last snapshot is verified. */
  erase: { appUp: false, onFailure: "keep" },
  /** App up. Prunes snapshots and data set aside. */
  tidy: { appUp: true, onFailure: "keep" }
} as const satisfies Readonly<Record<string, { readonly appUp: boolean; readonly onFailure: OnFailure }>>

/**
 * Steps that only record a decision: `commit` moves the last good version, `return` begins the rollback of a successful
 * try, `conclude` records how the rollback ended, `remove` that the app is removed.
 */
export const recorded = ["commit", "return", "conclude", "remove"] as const

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

/** Deploys an app that is down. The same version on its own data needs no snapshot. */
export const deployPlan = (from: Ref | null, to: Ref): ReadonlyArray<Step> =>
  from !== null && from.version === to.version && from.commit === to.commit
    ? ["prefetch", "deploy", "health", "commit", "tidy"]
    : upgradePlan

/** `try`: an upgrade that is always rolled back. */
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
 * `snapshot` and `promote`. A running app goes down for the capture and is started again at the same version. With `up`
 * false it stays down: it was already down, or the operator wants it down.
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

/** `stop`: the app goes down and stays down. Its data is unchanged, so no snapshot is needed. */
export const stopPlan: ReadonlyArray<Step> = ["undeploy"]

/**
 * `remove`: LAW-3, nothing is deleted before the last snapshot has been verified against its checksums. `erase`: delete
 * volumes. Only `erase`: of an app that was removed before, with volumes that could not be deleted.
 */
export const removePlan = (options: { readonly erase: boolean; readonly removed: boolean }): ReadonlyArray<Step> => [
  ...(options.removed ? [] : (["undeploy", "snapshot", "seal", "remove"] as const)),
  ...(options.erase ? (["erase"] as const) : [])
]

/**
 * A rollback. LAW-2: once a deploy has begun (`snapshot` is given), the older version starts only after its data is
 * restored; before that the data is unchanged and only the version is rolled back. `to` null: there is no version to roll
 * back to, so the app is left down.
 */
export const rollbackPlan = (options: {
  readonly to: Ref | null
  readonly snapshot: string | null
  /** true: take the app down before the snapshot is staged, because staging may have to wait for free space. */
  readonly downFirst?: boolean
}): ReadonlyArray<Step> => {
  if (options.snapshot === null)
    return options.to === null ? ["undeploy", "conclude"] : ["deploy", "health", "conclude", "tidy"]
  const begin: ReadonlyArray<Step> = options.downFirst === true ? ["undeploy", "stage"] : ["stage", "undeploy"]
  return options.to === null
    ? [...begin, "restore", "conclude", "seal"]
    : [...begin, "restore", "deploy", "health", "conclude", "seal", "tidy"]
}
