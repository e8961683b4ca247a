/** Which engine captures a volume, and why. */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../../disk/io.ts"
import type { EffectiveApp } from "../../domain/App.ts"
import { mayHaveMirrors } from "../../domain/mayHaveMirrors.ts"
import { advise, nextText } from "../../domain/Next.ts"
import { filterOf, keepsAll } from "../../domain/volumeFilter.ts"
import { notSubvolume, whyNoSubvolume } from "../btrfs/Engine.ts"
import type { Folder } from "../Folder.ts"
import type { PlaceKind } from "../Place.ts"
import type { VolumeEngine } from "../SnapshotStore.ts"

/** Filesystems whose ctime tells every change, by the magic number of statfs(2). */
const filesystems: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e])

/** @returns undefined: the configuration does not ask for mirrors. */
export const engineOf = (app: EffectiveApp, folder: Folder, kind: PlaceKind) =>
  Effect.gen(function* () {
    if (!mayHaveMirrors(app)) return undefined
    const name = app.snapshot.engine === "btrfs" ? "btrfs" : "mirror"
    const why = yield* name === "btrfs" ? whyNoSubvolume(app, folder, kind) : whyNot(app, folder, kind)
    const { volume } = folder
    const engine: VolumeEngine =
      why === null
        ? { volume, name, why: kind === "root" ? "kept under the root" : "kept beside the data" }
        : { volume, name: "tar", why, ...(why === notSubvolume ? { next: makeSubvolume(app) } : {}) }
    return engine
  })

/** No data is lost between the two: the app is down. */
const makeSubvolume = ({ name }: EffectiveApp): string =>
  nextText(name, advise`a restore makes it one: ${{ do: "Promote", atTeardown: true }}, then ${{ do: "Restore" }}`)

const whyNot = (app: EffectiveApp, folder: Folder, kind: PlaceKind) =>
  Effect.gen(function* () {
    if (folder.file !== null) return "it is one file"
    if (!keepsAll(filterOf(app, folder.volume.key))) return "a filter leaves files out"
    if (kind === "inside") return "its folder is a mount of its own"
    // `docker volume rm` would remove its only snapshot as well.
    if (kind === "beside" && folder.volume.kind === "volume") return "it is on another filesystem than the root"
    const { type } = yield* io("look at", folder.path, () => fs.statfs(folder.at))
    return filesystems.has(Number(type)) ? null : "its filesystem is not ext4, xfs or btrfs"
  })
