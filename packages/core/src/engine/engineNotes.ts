import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Capture } from "../domain/downtime.ts"
import { volumeText } from "../domain/folders.ts"
import { mayHaveMirrors } from "../domain/mayHaveMirrors.ts"
import type { AppState } from "../domain/State.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import { SnapshotStore, type VolumeEngine } from "../snapshot/SnapshotStore.ts"
import { foldersOf } from "./world.ts"

/** `volume wiki_db: captured by a mirror (kept under the root)`. */
export const engineText = ({ name, volume, why }: VolumeEngine): string =>
  `${volumeText(volume.name)}: captured ${captured[name]}${name === "tar" ? `: ${why}` : ` (${why})`}`

const captured = { btrfs: "by a btrfs snapshot", mirror: "by a mirror", tar: "as an archive" } as const

/** How the next snapshot is captured, for its downtime; undefined: not known. */
export const captureBy = (app: EffectiveApp, engines: ReadonlyArray<VolumeEngine>): Capture | undefined => {
  if (!mayHaveMirrors(app)) return "tar"
  if (engines.length === 0) return undefined
  return engines.every(({ name }) => name !== "tar") ? "mirror" : "tar"
}

/** For `plan`; none if the settings ask for archives. A failure is reported elsewhere. */
export const enginesFor = Effect.fnUntraced(
  function* (app: EffectiveApp, runtime: Runtime, state: AppState) {
    // An app that lastgood has not deployed has no folder yet, and a look makes none.
    if (!mayHaveMirrors(app) || state.running === null) return []
    const volumes = yield* runtime.volumes(app, foldersOf(app, state))
    return yield* (yield* SnapshotStore).engines(app, volumes)
  },
  Effect.orElseSucceed((): ReadonlyArray<VolumeEngine> => [])
)
