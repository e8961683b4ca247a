/** The input and output of every step, and helpers that several steps share. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Commands } from "../../command/Commands.ts"
import type { App, EffectiveApp, Release } from "../../domain/App.ts"
import { type Attempt, targetOf } from "../../domain/Attempt.ts"
import type { Event } from "../../domain/Event.ts"
import { nextText } from "../../domain/Next.ts"
import type { Ref } from "../../domain/Ref.ts"
import type { AppState } from "../../domain/State.ts"
import type { HealthGate } from "../../health/HealthGate.ts"
import type { Runtime } from "../../runtime/Runtime.ts"
import type { DataIdentity } from "../../snapshot/DataIdentity.ts"
import { SnapshotFailed, SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { VersionSource } from "../../version/VersionSource.ts"
import type { Asked } from "../Request.ts"
import type { StepError } from "../StepError.ts"
import { foldersOf } from "../world.ts"

export interface Work {
  readonly app: EffectiveApp
  readonly runtime: Runtime
  readonly state: AppState
  readonly attempt: Attempt
  /** true for the first step of a resumed attempt: the app may have changed meanwhile, for example by a reboot. */
  readonly resumed: boolean
  /** The command of a try that this process was asked for. */
  readonly command: Asked | null
}

export type Evidence = readonly [Event, ...Array<Event>]
export type StepPorts = SnapshotStore | DataIdentity | VersionSource | HealthGate | Commands
/** A step: it never decides what follows, and runs again after a crash. */
export type StepEffect = Effect.Effect<Evidence, StepError, StepPorts>

export const isFailure = (event: Event): boolean =>
  event.type === "StepFailed" ||
  event.type === "DeployFailed" ||
  event.type === "HealthFailed" ||
  (event.type === "CommandEnded" && !event.data.ok)

export const target = (work: Work): Effect.Effect<Ref, SnapshotFailed> => {
  const ref = targetOf(work.attempt)
  return ref === null
    ? Effect.fail(
        new SnapshotFailed({
          app: work.app.name,
          operation: "deploy",
          reason: "the attempt names no version",
          next: nextText(work.app.name, { do: "Log" })
        })
      )
    : Effect.succeed(ref)
}

export const millisSince = (start: number) => Effect.map(Clock.currentTimeMillis, (now) => now - start)

/** @param start by the monotonic clock, because a deadline must not move with the wall clock. */
export const monotonicSince = (start: bigint) =>
  Effect.map(Clock.monotonicTimeNanos, (now) => Number((now - start) / 1_000_000n))

/** Whether the release has the env file of a deploy. A release that was only checked out does not. */
export const isAsDeployed = (app: App, release: Release): boolean => release.envFile !== null || app.envFile === null

/** Whether the attempt only takes the version down that runs, and starts it again. */
export const comesBack = (attempt: Attempt): boolean =>
  attempt.direction === "forward" && (attempt.kind === "snapshot" || attempt.kind === "promote")

/**
 * The release to deploy. A new version gets the present env file and the present files of the operator. A version that is
 * rolled back to gets its own: those of its snapshot, or those that it was deployed with.
 *
 * @param look true: only read the release. The running version, which may be the same, keeps its files.
 */
export const releaseOf = Effect.fnUntraced(function* ({ app, attempt, runtime }: Work, ref: Ref, look = false) {
  const versions = yield* VersionSource
  const existing = yield* versions.existing(app, ref)
  if (attempt.direction === "forward") {
    if (comesBack(attempt) && existing !== null && isAsDeployed(app, existing)) return existing
    if (look) return yield* versions.preview(app, ref, app.envFile)
    const release = yield* versions.checkout(app, ref, app.envFile)
    const files = yield* presentFiles(app, runtime, release)
    return files === null ? release : yield* versions.keepFiles(app, release, files)
  }
  const id = attempt.snapshot
  const snapshots = yield* SnapshotStore
  const envFile = id === null ? null : yield* snapshots.envFile(app, id)
  const release =
    existing !== null && envFile === null
      ? existing
      : yield* versions.checkout(app, ref, envFile ?? existing?.envFile ?? app.envFile)
  const kept = existing?.operatorFiles === undefined ? {} : { operatorFiles: existing.operatorFiles }
  const files = id === null ? null : yield* snapshots.operatorFiles(app, id)
  return files === null ? { ...release, ...kept } : yield* versions.keepFiles(app, release, files)
})

/** The operator's files that a release was deployed with; null: the app has no folder. */
export const deployedFiles = (app: App, runtime: Runtime, release: Release) =>
  app.folder === null || runtime.operatorFiles === undefined
    ? Effect.succeed(null)
    : runtime.operatorFiles(app, release)

/** The operator's files as they are now, whatever the release was deployed with. */
export const presentFiles = (app: App, runtime: Runtime, { operatorFiles: _, ...release }: Release) =>
  deployedFiles(app, runtime, release)

/** LAW-1: proves quiet at both ends of the window. The result counts only after the second proof. */
export const quietly = <A, E, R>(
  { app, runtime, state }: Work,
  act: (stillQuiet: ReturnType<Runtime["assertQuiet"]>) => Effect.Effect<A, E, R>
) => {
  const quiet = runtime.assertQuiet(app, foldersOf(app, state))
  return Effect.andThen(quiet, act(quiet))
}
