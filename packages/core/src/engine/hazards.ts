/** Hazards of an attempt, and the folders of the host with data of the app: observed while the app still runs. */
import * as Effect from "effect/Effect"
import type { App, EffectiveApp } from "../domain/App.ts"
import type { Refusal } from "../domain/Decision.ts"
import { union } from "../domain/folders.ts"
import type { Ref } from "../domain/Ref.ts"
import type { AppState } from "../domain/State.ts"
import { applyLabels } from "../recipe/labels.ts"
import type { HostFolders, Runtime } from "../runtime/Runtime.ts"
import { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { foldersOfOthers } from "./foldersOfOthers.ts"
import { isAsDeployed } from "./steps/Work.ts"
import { withWhatFrees } from "./whatFrees.ts"
import { foldersOf } from "./world.ts"

const nowhere: HostFolders = { data: [], external: [] }

/**
 * LAW-14: the hazards of an attempt, found while the app runs, including too little disk space for the peak. Also finds
 * the folders of the host with data of the app.
 *
 * @param comesBack the running version, which keeps the env file that it was deployed with.
 * @param captures false: the attempt captures no snapshot and needs no space for one.
 */
export const hazardsOf = Effect.fnUntraced(function* (
  app: EffectiveApp,
  runtime: Runtime,
  state: AppState,
  ref: Ref,
  { comesBack = false, captures = true } = {}
) {
  const versions = yield* VersionSource
  const snapshots = yield* SnapshotStore
  const found = yield* Effect.gen(function* () {
    const own = comesBack ? yield* versions.existing(app, ref) : null
    const release =
      (own !== null && isAsDeployed(app, own) ? own : null) ?? (yield* versions.preview(app, ref, app.envFile))
    const hazards = yield* runtime.preflight(app, release)
    const { problems } = applyLabels(app, yield* runtime.declared(app, release))
    const folders = runtime.folders === undefined ? nowhere : yield* runtime.folders(app, release)
    const refusals = [
      ...hazards.map(({ kind, what, next }): Refusal => ({ gate: kind, reason: what, next })),
      ...problems.map(({ label, service, text }): Refusal => {
        const next = "correct it in the recipe, or set it in lastgood.yaml, which overrides labels"
        return { gate: "invalid-label", reason: `the label ${label} of the service ${service}: ${text}`, next }
      })
    ]
    return { refusals, folders: { ...folders, data: union(state.folders, folders.data) } }
  }).pipe(
    Effect.catchTag("InvalidRelease", (error) => {
      const refusal: Refusal = { gate: "invalid-recipe", reason: error.message, next: error.next }
      return Effect.succeed({ refusals: [refusal], folders: knownIn(state) })
    })
  )
  const { folders } = found
  if (found.refusals.length > 0 && runtime.folders === undefined) return { ...found, bytes: null }
  const volumes = yield* runtime.volumes(app, foldersOf(app, { folders: folders.data }))
  const refusals = [...found.refusals, ...(yield* foldersOfOthers(app, volumes))]
  if (refusals.length > 0 || !captures) return { refusals, folders, bytes: null }
  return yield* snapshots.prepare(app, volumes).pipe(
    Effect.map((prepared) => ({ refusals: [], folders, bytes: prepared.volumes.reduce((sum, v) => sum + v.bytes, 0) })),
    Effect.catchTag("SnapshotFailed", (error) =>
      Effect.map(withWhatFrees(app, state, error), ({ gate = "volume", message, next, noRoom }) => {
        const refusal: Refusal = { gate: noRoom === true ? "disk" : gate, reason: message, next }
        return { refusals: [refusal], folders, bytes: null }
      })
    )
  )
})

/** The data folders of an app that is promoted without a snapshot. */
export const foldersFor = Effect.fnUntraced(function* (app: App, runtime: Runtime, state: AppState, ref: Ref) {
  if (runtime.folders === undefined) return knownIn(state)
  const release = yield* (yield* VersionSource).preview(app, ref, app.envFile)
  const folders = yield* runtime
    .folders(app, release)
    .pipe(Effect.catchTag("InvalidRelease", () => Effect.succeed(knownIn(state))))
  return { ...folders, data: union(state.folders, folders.data) }
})

export const knownIn = ({ external, folders }: AppState): HostFolders => ({ data: folders, external })

export const nothingFound = (state: AppState) => ({
  refusals: [] as ReadonlyArray<Refusal>,
  folders: knownIn(state),
  bytes: null as number | null
})

/** An engine that is slow to answer must not delay a rollback. */
const heldWithinMs = 20_000

/**
 * The only hazard that refuses a rollback: another process that keeps the data open would prevent quiet, and the app would
 * stay down through every try (LAW-1). A failure to check is not a reason to refuse a rollback.
 */
export const heldOf = Effect.fnUntraced(
  function* (kept: Effect.Effect<EffectiveApp, never, VersionSource>, runtime: Runtime, state: AppState) {
    const { running } = state
    if (running === null) return []
    const found = yield* hazardsOf(yield* kept, runtime, state, running, { comesBack: true, captures: false })
    return found.refusals.filter(({ gate }) => gate === "held-volume")
  },
  (found) =>
    found.pipe(
      Effect.timeoutOrElse({ duration: heldWithinMs, orElse: () => Effect.succeed<ReadonlyArray<Refusal>>([]) }),
      Effect.catch((error) => Effect.as(Effect.logDebug(error.message), []))
    )
)
