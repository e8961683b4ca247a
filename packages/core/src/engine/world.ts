/** Observes the runtime and the disk, each time anew (LAW-15, LAW-16). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { App, Volume } from "../domain/App.ts"
import type { Attempt } from "../domain/Attempt.ts"
import { lostData, remounted } from "../domain/drift.ts"
import { make } from "../domain/Event.ts"
import { isExternal, ownFolders } from "../domain/folders.ts"
import { endedMark, isMarkedBy, markOf } from "../domain/marks.ts"
import type { AppState } from "../domain/State.ts"
import { iso } from "../domain/time.ts"
import type { Seen, SeenVolume } from "../domain/World.ts"
import type { Inspection, Runtime } from "../runtime/Runtime.ts"
import { RuntimeFailed } from "../runtime/Runtime.ts"
import { DataIdentity } from "../snapshot/DataIdentity.ts"
import { DataLost } from "./StepError.ts"

/** The data folders that the log names, without those that the operator called external. */
export const foldersOf = (app: App, { folders }: Pick<AppState, "folders">) => ownFolders(app, folders)

/** Whether the engine mounts the volume with the first container and unmounts it with the last. Its folder says nothing in between. */
const isMountedOnUse = ({ options }: Volume): boolean =>
  options["device"] !== undefined && !(options["o"] ?? "").split(",").some((o) => o === "bind" || o === "rbind")

const volumesOf = (app: App, runtime: Runtime, state: AppState) =>
  Effect.map(runtime.volumes(app, foldersOf(app, state)), (volumes) =>
    volumes.filter((volume) => !isMountedOnUse(volume))
  )

const asRuntimeFailed = (app: App) =>
  Effect.mapError(
    ({ message, next }: { readonly message: string; readonly next: string }) =>
      new RuntimeFailed({ app: app.name, operation: "checking the data", reason: message, next })
  )

const lookAtVolumes = (app: App, runtime: Runtime, state: AppState) =>
  Effect.flatMap(volumesOf(app, runtime, state), (all) =>
    Effect.flatMap(DataIdentity, (identity) => asRuntimeFailed(app)(identity.look(app, all)))
  )

const notedVolumes = (volumes: ReadonlyArray<SeenVolume>) =>
  volumes.map(({ created, held, inode, mark, mounted, name }) => ({
    ...{ name, inode, created, mounted, held },
    marked: mark !== null && !mounted
  }))

export interface World {
  readonly inspection: Inspection
  readonly seen: Seen
}

/** Observes the app. Changes nothing, and works in every state of the app. */
export const lookAtWorld = Effect.fnUntraced(function* (app: App, runtime: Runtime, state: AppState) {
  const inspection = yield* runtime.inspect(app)
  const volumes = yield* lookAtVolumes(app, runtime, state)
  const seen: Seen = {
    present: inspection.present,
    version: inspection.version,
    services: inspection.services.filter(({ passing }) => passing !== true),
    volumes,
    isExternal: (name) => isExternal(app, name),
    labels: runtime.labels
  }
  const world: World = { inspection, seen }
  return world
})

/** LAW-15: fails with what is wrong with the volumes. */
const assertVolumes = (judge: typeof lostData) => (app: App, runtime: Runtime, state: AppState) =>
  Effect.gen(function* () {
    const volumes = yield* volumesOf(app, runtime, state)
    const what = judge(state, {
      volumes: yield* (yield* DataIdentity).look(app, volumes),
      isExternal: (name) => isExternal(app, name)
    })
    if (what.length > 0) return yield* new DataLost({ app: app.name, what })
  })

/** Fails if a volume does not hold its data. Called before a snapshot and before a version starts. */
export const assertData = assertVolumes(lostData)

/** Fails if a filesystem was mounted over a volume, or is not mounted any more. Called before data is restored to it. */
export const assertMounts = assertVolumes(remounted)

/** Writes the attempt's mark beside every existing volume, before an app starts on it. */
export const markData = Effect.fn("World.mark")(function* (
  app: App,
  runtime: Runtime,
  state: AppState,
  attempt: Attempt,
  version: string
) {
  const volumes = yield* volumesOf(app, runtime, state)
  const at = iso(yield* Clock.currentTimeMillis)
  yield* (yield* DataIdentity).mark(app, volumes, { app: app.name, mark: markOf(attempt), version, at })
})

/** Marks the data as used after the attempt, so that an older log does not finish the attempt again (LAW-16). */
export const markEnded = Effect.fn("World.markEnded")(function* (
  app: App,
  runtime: Runtime,
  state: AppState,
  attempt: Attempt
) {
  if (!isMarkedBy(state, attempt) || state.data === null) return
  const volumes = yield* volumesOf(app, runtime, state)
  const data = {
    ...{ app: app.name, mark: endedMark(markOf(attempt)), version: state.data.version },
    at: iso(yield* Clock.currentTimeMillis)
  }
  yield* (yield* DataIdentity).mark(app, volumes, data)
})

/** Notes the world after a passed health gate. Later observations are compared with it. */
export const noteWorld = Effect.fn("World.note")(function* (
  app: App,
  runtime: Runtime,
  state: AppState,
  attempt: Attempt,
  version: string
) {
  yield* markData(app, runtime, state, attempt, version)
  const { seen } = yield* lookAtWorld(app, runtime, state)
  const noted = make("WorldNoted", {
    services: seen.services.map(({ config, digest, image, name, replicas, since, version }) => ({
      ...{ name, image, digest, config, replicas },
      labelled: version !== null,
      ran: since !== null
    })),
    volumes: notedVolumes(seen.volumes)
  })
  return noted
})

/** Notes the data after a restore, while the app is down. The data is compared with this note until the next passed gate. */
export const noteRestored = Effect.fn("World.noteRestored")(function* (
  app: App,
  runtime: Runtime,
  state: AppState,
  attempt: Attempt,
  version: string
) {
  yield* markData(app, runtime, state, attempt, version)
  const volumes = yield* lookAtVolumes(app, runtime, state)
  return make("WorldNoted", { services: [], volumes: notedVolumes(volumes) })
})
