/**
 * `perform`: the only part of the loop that touches the world, through the ports. Each step returns its evidence as
 * events, also when it failed; it never decides what follows. Each is idempotent: it runs again after a crash.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App, Ref, Volume } from "../domain/App.ts"
import { type Event, make } from "../domain/Event.ts"
import type { PerformedStep } from "../domain/Plan.ts"
import { expiredAside, prunable } from "../domain/retention.ts"
import type { AppState, Attempt } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import { HealthGate } from "../health/HealthGate.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { SnapshotFailed, SnapshotStore } from "../snapshot/SnapshotStore.ts"
import { VersionSource } from "../version/VersionSource.ts"
import { type StepError, StepHung, whyOf } from "./StepError.ts"

export interface Work {
  readonly app: App
  readonly runtime: Runtime
  readonly state: AppState
  readonly attempt: Attempt
}

type Evidence = readonly [Event, ...Array<Event>]
type StepEffect = Effect.Effect<Evidence, StepError, SnapshotStore | VersionSource | HealthGate>

/** The version that a deploy of this attempt brings up, in its present direction. */
const targetOf = (attempt: Attempt): Ref | null =>
  attempt.direction === "back" ? (attempt.back?.to ?? null) : attempt.to

const target = (work: Work): Effect.Effect<Ref, SnapshotFailed> => {
  const ref = targetOf(work.attempt)
  return ref === null
    ? Effect.fail(
        new SnapshotFailed({
          app: work.app.name,
          operation: "deploy",
          reason: "the attempt names no version",
          next: "lastgood log <app>"
        })
      )
    : Effect.succeed(ref)
}

const millisSince = (start: number) => Effect.map(Clock.currentTimeMillis, (now) => now - start)

/**
 * The release to bring up. A version that is new gets the env file of now; one that comes back gets its own: that of its
 * snapshot, or the one that it was deployed with.
 */
const releaseOf = Effect.fnUntraced(function* ({ app, attempt }: Work, ref: Ref) {
  const versions = yield* VersionSource
  const existing = yield* versions.existing(app, ref)
  if (attempt.direction === "forward") {
    const comesBack = attempt.kind === "snapshot" || attempt.kind === "promote"
    return comesBack && existing !== null ? existing : yield* versions.checkout(app, ref, app.envFile)
  }
  const id = attempt.back?.snapshot ?? null
  const envFile = id === null ? null : yield* (yield* SnapshotStore).envFile(app, id)
  return existing !== null && envFile === null
    ? existing
    : yield* versions.checkout(app, ref, envFile ?? existing?.envFile ?? app.envFile)
})

const prefetch = Effect.fn("step.prefetch")(function* (work: Work) {
  const { app, runtime } = work
  const ref = yield* target(work)
  const snapshots = yield* SnapshotStore
  const release = yield* releaseOf(work, ref)
  const { images } = yield* runtime.prefetch(app, release).pipe(
    Effect.timeoutOrElse({
      duration: app.deadlines.prefetchMs,
      orElse: () => Effect.fail(new StepHung({ step: "prefetch", afterMs: app.deadlines.prefetchMs }))
    })
  )
  const volumes = yield* runtime.volumes(app)
  const prepared = yield* snapshots.prepare(app, volumes)
  return [
    make("Prefetched", {
      ...ref,
      images,
      volumes: prepared.volumes.map(({ name, bytes }) => ({ name, bytes })),
      needBytes: prepared.needBytes,
      freeBytes: prepared.freeBytes
    })
  ] as const
})

/**
 * LAW-9: checks see an answer, not who gave it. Something else may listen on the app's port, so what runs has to be what
 * was asked for as well.
 *
 * @returns what speaks against it; null: nothing.
 */
const notWhatWasAsked = Effect.fnUntraced(function* ({ app, runtime }: Work, ref: Ref) {
  const { converged, services, version } = yield* runtime.inspect(app)
  if (!converged) {
    const down = services.filter((s) => !s.ok).map((s) => `${s.name} (${s.state})`)
    return `its checks passed, but not all of it runs: ${down.join(", ") || "nothing does"}; does something else answer in its place?`
  }
  return version === null || version === ref.version
    ? null
    : `its checks passed, but ${version} runs and not ${ref.version}`
})

const health = Effect.fn("step.health")(function* (work: Work) {
  const ref = yield* target(work)
  const { passed, reason, tookMs, checks } = yield* (yield* HealthGate).run(work.app, work.runtime)
  const wrong = passed ? yield* notWhatWasAsked(work, ref) : reason
  return wrong === null
    ? ([make("HealthPassed", { version: ref.version, tookMs, checks })] as const)
    : ([make("HealthFailed", { version: ref.version, tookMs, reason: wrong, checks })] as const)
})

const undeploy = Effect.fn("step.undeploy")(function* ({ app, runtime }: Work) {
  return [make("Undeployed", yield* runtime.undeploy(app, app.deadlines.undeployMs))] as const
})

/** LAW-1: quiet is proven at both ends of the window. */
const quietly = <A, E, R>({ app, runtime }: Work, act: Effect.Effect<A, E, R>) =>
  runtime.assertQuiet(app).pipe(
    Effect.andThen(act),
    Effect.tap(() => runtime.assertQuiet(app))
  )

const snapshot = Effect.fn("step.snapshot")(function* (work: Work) {
  const { app, runtime, attempt } = work
  const snapshots = yield* SnapshotStore
  const versions = yield* VersionSource
  const of: Ref = attempt.from ?? { version: "unknown", commit: "" }
  const running = attempt.from === null ? null : yield* versions.existing(app, attempt.from)
  const start = yield* Clock.currentTimeMillis
  if (attempt.from === null && (yield* runtime.volumes(app)).length === 0) {
    // A first install: there is no data yet.
    return [make("StepDone", { step: "snapshot" })] as const
  }
  const meta = yield* quietly(
    work,
    Effect.gen(function* () {
      const volumes = yield* runtime.volumes(app)
      // The env file as it was deployed: the one that is configured may have been changed for the next version.
      const envFile = running?.envFile ?? app.envFile
      return yield* snapshots.capture(app, { id: attempt.snapshot, of, ts: iso(start), envFile, volumes })
    })
  )
  const volumes = meta.volumes.flatMap((name) => {
    const archive = meta.archives[name]
    return archive === undefined ? [] : [{ name, bytes: archive.bytes, crc: archive.crc }]
  })
  return [
    make("SnapshotTaken", {
      snapshot: meta.id,
      ...of,
      volumes,
      bytes: volumes.reduce((sum, v) => sum + v.bytes, 0),
      quietMs: yield* millisSince(start)
    })
  ] as const
})

const deploy = Effect.fn("step.deploy")(function* (work: Work) {
  const { app, runtime } = work
  const ref = yield* target(work)
  const start = yield* Clock.currentTimeMillis
  const outcome = yield* Effect.gen(function* () {
    const release = yield* releaseOf(work, ref)
    return yield* runtime.deploy(app, release, app.deadlines.deployMs)
  }).pipe(Effect.result)
  if (outcome._tag === "Failure") {
    const { reason, next } = whyOf(outcome.failure)
    return [make("DeployFailed", { ...ref, reason, next })] as const
  }
  const { services } = outcome.success
  return [make("Deployed", { ...ref, services, tookMs: yield* millisSince(start) })] as const
})

/** Volumes of the app now, with those that the snapshot holds and the host lacks made again as they were. */
const volumesFor = Effect.fnUntraced(function* ({ app, runtime }: Work, id: string) {
  const snapshots = yield* SnapshotStore
  const present = yield* runtime.volumes(app)
  const meta = (yield* snapshots.list(app)).find((m) => m.id === id)
  const missing = (meta?.volumes ?? []).filter((name) => !present.some((v) => v.name === name))
  const made = yield* Effect.forEach(missing, (name) => {
    const archive = meta?.archives[name]
    return runtime.createVolume(app, {
      name,
      key: archive?.key ?? name,
      driver: archive?.driver ?? "local",
      options: archive?.options ?? {},
      labels: archive?.labels ?? {}
    })
  })
  return [...present, ...made] as ReadonlyArray<Volume>
})

const wayBackSnapshot = ({ app, attempt }: Work): Effect.Effect<string, SnapshotFailed> => {
  const id = attempt.back?.snapshot ?? null
  return id === null
    ? Effect.fail(
        new SnapshotFailed({
          app: app.name,
          operation: "restore",
          reason: "the attempt names no snapshot",
          next: "lastgood log <app>"
        })
      )
    : Effect.succeed(id)
}

const stage = Effect.fn("step.stage")(function* (work: Work) {
  const id = yield* wayBackSnapshot(work)
  const start = yield* Clock.currentTimeMillis
  const volumes = yield* volumesFor(work, id)
  const meta = yield* (yield* SnapshotStore).stage(work.app, { id, attempt: work.attempt.id, volumes })
  return [make("SnapshotStaged", { snapshot: id, volumes: meta.volumes, tookMs: yield* millisSince(start) })] as const
})

const restore = Effect.fn("step.restore")(function* (work: Work) {
  const { app, attempt } = work
  const id = yield* wayBackSnapshot(work)
  const snapshots = yield* SnapshotStore
  const start = yield* Clock.currentTimeMillis
  const volumes = yield* volumesFor(work, id)
  const aside = yield* quietly(work, snapshots.swap(app, { id, attempt: attempt.id, volumes }))
  const version = work.state.snapshots.find((s) => s.id === id)?.version ?? attempt.back?.to?.version ?? "unknown"
  return [
    make("DataSetAside", { volumes: [...aside], until: iso(start + app.snapshot.asideMs) }),
    make("SnapshotRestored", {
      snapshot: id,
      version,
      volumes: aside.map((v) => v.name),
      quietMs: yield* millisSince(start)
    })
  ] as const
})

const seal = Effect.fn("step.seal")(function* ({ app, attempt }: Work) {
  const snapshots = yield* SnapshotStore
  if (attempt.back === null && !attempt.snapshotTaken) return [make("StepDone", { step: "seal" })] as const
  const id = attempt.back?.snapshot ?? attempt.snapshot
  const meta = yield* snapshots.seal(app, id)
  const volumes = meta.volumes.map((name) => ({ name, sha256: meta.archives[name]?.sha256 ?? "" }))
  return [make("SnapshotVerified", { snapshot: id, ok: true, problems: [], volumes })] as const
})

const tidy = Effect.fn("step.tidy")(function* ({ app, runtime, state, attempt }: Work) {
  const snapshots = yield* SnapshotStore
  const now = yield* Clock.currentTimeMillis
  const pruned = yield* Effect.forEach(prunable(state, app.snapshot.keep), (id) =>
    Effect.as(
      snapshots.remove(app, id),
      make("SnapshotPruned", { snapshot: id, reason: `more than ${app.snapshot.keep} are kept` })
    )
  )
  const volumes = yield* runtime.volumes(app)
  const dropped = yield* Effect.forEach(expiredAside(state, now), (id) =>
    Effect.as(snapshots.removeAside(app, id, volumes), make("AsidePruned", { attempt: id }))
  )
  yield* snapshots.unstage(app, attempt.id, volumes)
  return [make("StepDone", { step: "tidy" }), ...pruned, ...dropped] as const
})

const steps: Record<PerformedStep, (work: Work) => StepEffect> = {
  prefetch,
  check: health,
  stage,
  undeploy,
  snapshot,
  restore,
  deploy,
  health,
  seal,
  tidy
}

/** Runs one step. What it could not do is evidence too: `StepFailed` with the reason and what to do next. */
export const perform = (
  step: PerformedStep,
  work: Work
): Effect.Effect<Evidence, never, SnapshotStore | VersionSource | HealthGate> =>
  steps[step](work).pipe(
    Effect.catch((error: StepError): Effect.Effect<Evidence> => {
      const { reason, next } = whyOf(error)
      return Effect.succeed([make("StepFailed", { step, error: error._tag, reason, next })])
    })
  )
