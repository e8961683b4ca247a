/** Checks an app's data: what a snapshot would contain, the space that it needs, and whether it could be restored. */
import { basename, dirname } from "node:path"
import type { App, EffectiveApp } from "@lastgood/core/domain/App"
import { downtimeText } from "@lastgood/core/domain/downtime"
import { externalAnswers, ownFolders, union, volumeText } from "@lastgood/core/domain/folders"
import type { AppState } from "@lastgood/core/domain/State"
import { engineText } from "@lastgood/core/engine/engineNotes"
import { mountsOf } from "@lastgood/core/host/Mounts"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { SnapshotStore, type VolumeEngine } from "@lastgood/core/snapshot/SnapshotStore"
import * as Effect from "effect/Effect"
import { size } from "../render/format.ts"
import { type Finding, fail, ok, orFail, warn } from "./Finding.ts"
import { probe, remedyOf, troubleText } from "./probe.ts"
import { leftOut, strayFindings } from "./settings.ts"

/** LAW-3: a restore renames the volume's folder aside, so lastgood has to write beside it. */
const besides = (app: App, paths: ReadonlyArray<string>) =>
  Effect.forEach(paths, (path) =>
    Effect.gen(function* () {
      const parent = dirname(path)
      // A mount point is emptied and filled in place.
      if (mountsOf("self").some(({ point }) => point === path)) return []
      const trouble = yield* probe(parent)
      // Missing data is reported already (LAW-15).
      if (trouble?.code === "ENOENT") return []
      const denied = "run lastgood as root, or as a user who may write there"
      const what = `beside ${basename(path)}`
      return trouble === null
        ? []
        : [
            fail(
              { app: app.name, what },
              `${troubleText(parent, trouble)}, so data could not be restored to ${path}`,
              remedyOf(parent, trouble, denied)
            )
          ]
    })
  ).pipe(Effect.map((found) => found.flat()))

const engineFindings =
  (app: App) =>
  (engine: VolumeEngine): ReadonlyArray<Finding> => {
    const seen = { app: app.name, what: "engine" }
    const found = engine.next === undefined ? ok(seen, engineText(engine)) : warn(seen, engineText(engine), engine.next)
    if (engine.isUnused !== true) return [found]
    const unused = `${volumeText(engine.volume.name)} has a mirror that takes space and is not used any more`
    return [found, warn(seen, unused, "the daemon removes it within hours, and the next upgrade does at once")]
  }

/** @param adopts the app runs, and lastgood does not know it yet. @param folders that its recipe names. */
export const room = (
  app: EffectiveApp,
  runtime: Runtime,
  state: AppState,
  {
    adopts,
    folders,
    isRootWritable
  }: {
    readonly adopts: boolean
    readonly folders: ReadonlyArray<string>
    readonly isRootWritable: boolean
  }
) =>
  Effect.gen(function* () {
    const about = { app: app.name, what: "volumes" }
    const volumes = yield* runtime.volumes(app, ownFolders(app, union(state.folders, folders)))
    if (volumes.length === 0 && state.data === null) return [ok(about, "none yet")]
    const paths = isRootWritable ? volumes.map(({ path }) => path) : []
    const strays = [...strayFindings(app, volumes), ...(yield* besides(app, paths))]
    // Missing data is reported already (LAW-15).
    if (volumes.length === 0 && (state.noted?.volumes ?? []).length > 0) return []
    if (volumes.length === 0)
      return [warn(about, "it has none, so there is no data to snapshot", "check that this is intended")]
    const snapshots = yield* SnapshotStore
    const prepared = yield* snapshots.prepare(app, volumes)
    // What prevents a look at them is reported by `prepare`, or about the root.
    const chosen = yield* Effect.orElseSucceed(snapshots.engines(app, volumes), () => [])
    const engines = chosen.flatMap(engineFindings(app))
    const keys = new Map(volumes.map(({ key, name }) => [name, key]))
    const seen = prepared.volumes
      .map((v) => `${v.name} ${size(v.bytes)}${leftOut(app, keys.get(v.name) ?? v.name)}`)
      .join(", ")
    const bytes = prepared.volumes.reduce((sum, volume) => sum + volume.bytes, 0)
    const adoption = adopts ? [ok({ app: app.name, what: "promote" }, downtimeText(app.name, bytes, true))] : []
    const peak = `an upgrade needs up to ${size(prepared.needBytes)}, ${size(prepared.freeBytes)} are free`
    return prepared.needBytes <= prepared.freeBytes
      ? [ok(about, `${seen}; ${peak}`), ...engines, ...adoption, ...strays]
      : [
          ...strays,
          fail(about, `${seen}; ${peak}`, "free disk space, lower snapshot.keep, or move the root to a larger disk")
        ]
  }).pipe(orFail({ app: app.name, what: "volumes" }))

/** What a rollback cannot speak for (LAW-2). */
export const external = (app: App): ReadonlyArray<Finding> =>
  externalAnswers(app).map((path) =>
    warn(
      { app: app.name, what: "external" },
      `${path} is neither snapshotted nor restored`,
      "keep a backup of it elsewhere"
    )
  )
