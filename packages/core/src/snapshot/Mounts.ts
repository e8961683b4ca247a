/**
 * The mounts that this process sees. A rename cannot cross a mount, a mount point cannot be renamed, and a mount inside
 * a volume would be copied or moved along by accident.
 */
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { isLocal, type Mount, parseMountinfo, placeOf } from "../host/Mounts.ts"
import { OwnMounts } from "../host/OwnMounts.ts"

export interface Mounts {
  readonly isMountPoint: (path: string) => boolean
  /** The mounts below a folder, without the folder itself. */
  readonly below: (path: string) => ReadonlyArray<string>
  /** The mount that contains a path: two paths of one mount (and one device) can be renamed into each other. */
  readonly holding: (path: string) => string
  /** The filesystem of a path. All subvolumes of one btrfs are on one, although `stat` gives each a device of its own. */
  readonly filesystemOf: (path: string) => string
  /** Whether a look at a path waits for no server and no other program. */
  readonly isLocal: (path: string) => boolean
}

/** @param path resolved: mountinfo has no symlinks. */
const isBelow = (path: string, folder: string): boolean =>
  folder === "/" ? path !== "/" : path.startsWith(`${folder}/`)

export const mountsIn = (mountinfo: string): Mounts => among(parseMountinfo(mountinfo))

const among = (mounts: ReadonlyArray<Mount>): Mounts => {
  const points = mounts.map(({ point }) => point)
  return {
    isMountPoint: (path) => points.includes(path),
    below: (path) => points.filter((point) => isBelow(point, path)),
    holding: (path) =>
      points
        .filter((point) => point === path || isBelow(path, point))
        .reduce((longest, point) => (point.length >= longest.length ? point : longest), "/"),
    filesystemOf: (path) => placeOf(path, mounts)?.device ?? "",
    isLocal: (path) => isLocal(path, mounts)
  }
}

export const readMounts = Effect.flatMap(OwnMounts, (mounts) =>
  io("read", "/proc/self/mountinfo", async () => among(mounts()))
)
