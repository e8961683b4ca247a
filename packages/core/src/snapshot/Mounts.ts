/**
 * The mounts that this process sees. A rename cannot cross one, a folder that is one cannot be renamed, and one inside
 * a volume would be copied, or carried along, without anybody having asked for it.
 */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "../disk/io.ts"
import { parseMountinfo } from "../host/Mounts.ts"

export interface Mounts {
  readonly isMountPoint: (path: string) => boolean
  /** The mounts below a folder, itself not counted. */
  readonly below: (path: string) => ReadonlyArray<string>
  /** The mount that holds a path: two paths of one mount (and one device) can be renamed into each other. */
  readonly holding: (path: string) => string
}

const table = "/proc/self/mountinfo"

/** @param path resolved: mountinfo knows no symlinks. */
const isBelow = (path: string, folder: string): boolean =>
  folder === "/" ? path !== "/" : path.startsWith(`${folder}/`)

export const mountsIn = (mountinfo: string): Mounts => {
  const points = parseMountinfo(mountinfo).map(({ point }) => point)
  return {
    isMountPoint: (path) => points.includes(path),
    below: (path) => points.filter((point) => isBelow(point, path)),
    holding: (path) =>
      points
        .filter((point) => point === path || isBelow(path, point))
        .reduce((longest, point) => (point.length >= longest.length ? point : longest), "/")
  }
}

export const readMounts = io("read", table, () => fs.readFile(table, "utf8")).pipe(Effect.map(mountsIn))
