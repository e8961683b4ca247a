/** Restores data: verifies and unpacks it beside the volumes first, and swaps it in when the app is quiet (LAW-3). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { targetOf } from "../../domain/Attempt.ts"
import { make } from "../../domain/Event.ts"
import { isAmong, isExternal } from "../../domain/folders.ts"
import { nextText } from "../../domain/Next.ts"
import { iso } from "../../domain/time.ts"
import { type RestoreRequest, SnapshotDamaged, SnapshotFailed, SnapshotStore } from "../../snapshot/SnapshotStore.ts"
import { notAsTaken } from "../asTaken.ts"
import { leftOutOf } from "../leftOut.ts"
import { assertMounts, foldersOf, noteRestored } from "../world.ts"
import { pullBefore } from "./imagesBack.ts"
import { assertInPlace } from "./movedFolder.ts"
import { millisSince, quietly, type Work } from "./Work.ts"

/**
 * The app's volumes. Volumes of the snapshot that the host lacks are created again with their options. What was external
 * when the snapshot was taken is left alone: as a volume that the snapshot lacks, it would be emptied.
 */
const volumesFor = Effect.fnUntraced(function* ({ app, runtime, state }: Work, id: string) {
  const snapshots = yield* SnapshotStore
  const meta = (yield* snapshots.list(app)).find((m) => m.id === id)
  const external = state.snapshots.find((s) => s.id === id)?.external ?? []
  const present = (yield* runtime.volumes(app, foldersOf(app, state))).filter(
    ({ name }) => meta?.archives[name] !== undefined || !isAmong(external, name)
  )
  const missing = (meta?.volumes ?? []).filter((name) => !present.some((v) => v.name === name) && !isLeft(app, name))
  const made = yield* Effect.forEach(missing, (name) => {
    const archive = meta?.archives[name]
    return runtime.createVolume(app, {
      kind: archive?.kind ?? "volume",
      name,
      key: archive?.key ?? name,
      driver: archive?.driver ?? "local",
      options: archive?.options ?? {},
      labels: archive?.labels ?? {}
    })
  })
  return [...present, ...made]
})

/** Data that the operator has taken out of the app since the snapshot was taken: it is not restored. */
const isLeft = (app: App, name: string): boolean => isExternal(app, name)

const wayBackSnapshot = ({ app, attempt }: Work): Effect.Effect<string, SnapshotFailed> => {
  const id = attempt.direction === "back" ? attempt.snapshot : null
  return id === null
    ? Effect.fail(
        new SnapshotFailed({
          app: app.name,
          operation: "restore",
          reason: "the attempt names no snapshot",
          next: nextText(app.name, { do: "Log" })
        })
      )
    : Effect.succeed(id)
}

/** Verifies and unpacks the snapshot, and compares it with the log. */
const stagedAsTaken = Effect.fnUntraced(function* ({ app, state }: Work, request: RestoreRequest) {
  const meta = yield* (yield* SnapshotStore).stage(app, request)
  const taken = state.snapshots.find((s) => s.id === request.id)
  const problems = notAsTaken(taken, meta)
  if (problems.length > 0) return yield* new SnapshotDamaged({ app: app.name, snapshot: request.id, problems })
  return meta
})

/**
 * LAW-15: a failed attempt does not restore its data to a filesystem that came or went meanwhile: the app may have failed
 * because of that, and the data would be lost again when the filesystem goes or comes back. An operator's restore does.
 */
const assertPlaces = ({ app, attempt, runtime, state }: Work) =>
  attempt.direction === "back" && attempt.of === null ? Effect.void : assertMounts(app, runtime, state)

/** The settings ask for snapshots of subvolumes, which the folders of volumes have to be for that. */
const toSubvolumes = ({ app }: Work): boolean => app.snapshot.engine === "btrfs"

export const stage = Effect.fn("Step.stage")(function* (work: Work) {
  const id = yield* wayBackSnapshot(work)
  const start = yield* Clock.currentTimeMillis
  yield* assertPlaces(work)
  yield* assertInPlace(work, id)
  const volumes = yield* volumesFor(work, id)
  const leaves = (name: string) => isLeft(work.app, name)
  const request = { id, attempt: work.attempt.id, volumes, leaves, toSubvolumes: toSubvolumes(work) }
  const meta = yield* stagedAsTaken(work, request)
  yield* pullBefore(work)
  // The log does not know yet what an older lastgood left out of its snapshot.
  const leftOut = work.state.snapshots.some((s) => s.id === id && s.leftOut !== undefined) ? [] : leftOutOf(meta)
  const told = leftOut.length === 0 ? [] : [make("SnapshotLeftOut", { snapshot: id, volumes: leftOut })]
  return [
    make("SnapshotStaged", { snapshot: id, volumes: meta.volumes, tookMs: yield* millisSince(start) }),
    ...told
  ] as const
})

export const restore = Effect.fn("Step.restore")(function* (work: Work) {
  const { app, attempt } = work
  const id = yield* wayBackSnapshot(work)
  const snapshots = yield* SnapshotStore
  const start = yield* Clock.currentTimeMillis
  yield* assertPlaces(work)
  const volumes = yield* volumesFor(work, id)
  const leaves = (name: string) => isLeft(app, name)
  const request = { id, attempt: attempt.id, volumes, leaves, toSubvolumes: toSubvolumes(work) }
  // Staged already, unless an earlier try swapped data in and could not prove quiet.
  yield* stagedAsTaken(work, request)
  const aside = yield* quietly(work, (stillQuiet) => snapshots.swap(app, { ...request, stillQuiet }))
  const version = work.state.snapshots.find((s) => s.id === id)?.version ?? targetOf(attempt)?.version ?? "unknown"
  // Notes the restored volumes now, because the next passed gate may be days away (LAW-15).
  const noted = yield* noteRestored(app, work.runtime, work.state, attempt, version)
  return [
    make("DataSetAside", { volumes: [...aside], until: iso(start + app.snapshot.asideMs) }),
    make("SnapshotRestored", {
      snapshot: id,
      version,
      volumes: aside.map((v) => v.name),
      quietMs: yield* millisSince(start)
    }),
    noted
  ] as const
})
