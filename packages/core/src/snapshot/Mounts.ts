/**
 * The mounts that this process sees. A rename cannot cross one, a folder that is one cannot be renamed, and one inside
 * a volume would be copied, or carried along, without anybody having asked for it.
 */
import * as fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import { io } from "./Trouble.ts"

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

/** The fifth field of each line, with the kernel's octal escapes (space, tab, newline, backslash) undone. */
export const parseMountinfo = (text: string): Mounts => {
  const points = text
    .split("\n")
    .map((line) => line.split(" ")[4])
    .filter((field) => field !== undefined)
    .map((field) => field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
  return {
    isMountPoint: (path) => points.includes(path),
    below: (path) => points.filter((point) => isBelow(point, path)),
    holding: (path) =>
      points
        .filter((point) => point === path || isBelow(path, point))
        .reduce((longest, point) => (point.length >= longest.length ? point : longest), "/")
  }
}

export const readMounts = io("read", table, () => fs.readFile(table, "utf8")).pipe(Effect.map(parseMountinfo))
