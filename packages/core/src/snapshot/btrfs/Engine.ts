/** Whether a volume can be captured by a snapshot of its subvolume. */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../../domain/App.ts"
import { filterOf, keepsAll } from "../../domain/volumeFilter.ts"
import { isOnBtrfs, isSubvolume } from "../../removal/Subvolume.ts"
import type { Folder } from "../Folder.ts"
import type { PlaceKind } from "../Place.ts"
import { firstInside } from "./Subvolume.ts"

export const notSubvolume = "its folder is not a subvolume"

/** What prevents it; null: nothing. Takes milliseconds for any size. */
export const whyNoSubvolume = (app: EffectiveApp, folder: Folder, kind: PlaceKind) =>
  Effect.gen(function* () {
    if (folder.file !== null) return "it is one file"
    if (!keepsAll(filterOf(app, folder.volume.key))) return "a filter leaves files out"
    if (kind === "inside") return "its folder is a mount of its own"
    if (!(yield* isOnBtrfs(folder))) return "its filesystem is not btrfs"
    // `docker volume rm` would remove its only snapshot as well.
    if (kind === "beside" && folder.volume.kind === "volume") {
      return "it is on another mount or subvolume than the root"
    }
    if (!(yield* isSubvolume(folder))) return notSubvolume
    const inside = yield* firstInside(folder)
    return inside === null ? null : `the subvolume ${JSON.stringify(inside)} is inside it, and would not be captured`
  }).pipe(
    Effect.catchTag("ToolFailed", ({ notFound, said }) =>
      Effect.succeed(notFound ? "btrfs-progs is not installed" : `btrfs: ${said.split("\n", 1)[0]}`)
    )
  )
