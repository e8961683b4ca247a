/** The capture of a volume by its mirror, in the quiet window: what has changed since `refresh` is copied. */
import * as Effect from "effect/Effect"
import type { EffectiveApp, Volume } from "../../domain/App.ts"
import { volumeText } from "../../domain/folders.ts"
import { filterOf } from "../../domain/volumeFilter.ts"
import { archiveFor } from "../archiveFor.ts"
import { captureSubvolume } from "../btrfs/Capturing.ts"
import { assertSame, openFolder } from "../Folder.ts"
import type { Archive } from "../SnapshotStore.ts"
import { capturableBy, mirrorPlaceOf } from "./Engines.ts"
import { holdHome, homeOf, isBehind, makeHome, markAs, onlyCopyOf, unmark } from "./Home.ts"
import { dropStamp } from "./Trust.ts"
import { isOfThisBoot } from "./tree/Boot.ts"
import { manifestAt, readList } from "./tree/List.ts"
import { refresh } from "./tree/Tree.ts"

/**
 * @param estimate of the volume's size in bytes, only for the progress.
 * @returns null: there is no mirror that may be used, or it failed. The volume is captured as an archive then, in the same
 *   window.
 */
export const captureMirror = (app: EffectiveApp, id: string, volume: Volume, estimate = 0) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(app, volume)
    const place = yield* mirrorPlaceOf(app, volume)
    const engine = yield* capturableBy(app, folder, place.kind)
    if (engine === null) return null
    const home = homeOf(app, place)
    if (home === null) return null
    const held = yield* engine === "btrfs" ? makeHome(home) : holdHome(home)
    if (held === null) return null
    if (engine === "mirror" && (yield* readList(manifestAt(held))) === null) return null
    const other = yield* onlyCopyOf(app, home, held)
    if (other !== null) {
      yield* Effect.logWarning(
        `${volumeText(volume.name)} is captured without its mirror, which is the only copy of snapshot ${other}`
      )
      return null
    }
    if (engine === "btrfs") return yield* captureSubvolume(app, id, volume, folder, { bytes: estimate, held, home })
    if ((yield* isBehind(held)) || !(yield* isOfThisBoot(held))) return null
    // The tree is not another snapshot's from here on.
    yield* unmark(held)
    yield* dropStamp(held)
    const { bytes, manifest } = yield* refresh(folder, held, "quiet")
    yield* assertSame(app, folder)
    // On disk before the snapshot is published. If it is not published, the mark is of no snapshot.
    yield* markAs(held, id)
    const archive: Archive = {
      ...archiveFor(volume, { bytes, crc: "" }, filterOf(app, volume.key)),
      mirror: home.location,
      manifest
    }
    return archive
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) =>
      Effect.as(
        Effect.logWarning(`${volumeText(volume.name)} is captured without its mirror: ${message}`),
        null as Archive | null
      )
    )
  )
