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

/**
 * The release to deploy. A new version gets the present env file. A version that is rolled back to gets its own: that of
 * its snapshot, or the one that it was deployed with.
 *
 * @param look true: only read the release. The running version, which may be the same, keeps its env file.
 */
export const releaseOf = Effect.fnUntraced(function* ({ app, attempt }: Work, ref: Ref, look = false) {
  const versions = yield* VersionSource
  const existing = yield* versions.existing(app, ref)
  if (attempt.direction === "forward") {
    const comesBack = attempt.kind === "snapshot" || attempt.kind === "promote"
    if (comesBack && existing !== null && isAsDeployed(app, existing)) return existing
    return yield* look ? versions.preview(app, ref, app.envFile) : versions.checkout(app, ref, app.envFile)
  }
  const id = attempt.snapshot
  const envFile = id === null ? null : yield* (yield* SnapshotStore).envFile(app, id)
  return existing !== null && envFile === null
    ? existing
    : yield* versions.checkout(app, ref, envFile ?? existing?.envFile ?? app.envFile)
})

/** LAW-1: proves quiet at both ends of the window. The result counts only after the second proof. */
export const quietly = <A, E, R>(
  { app, runtime }: Work,
  act: (stillQuiet: ReturnType<Runtime["assertQuiet"]>) => Effect.Effect<A, E, R>
) => Effect.andThen(runtime.assertQuiet(app), act(runtime.assertQuiet(app)))
