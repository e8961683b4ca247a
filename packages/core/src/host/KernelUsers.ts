/**
 * LAW-1, the part that no process shows: files of a folder that the kernel itself keeps writing to, for a loop device,
 * as swap space, or below an overlay. The process that set it up may have ended long ago.
 */
import { type Mount, unescaped } from "./Mounts.ts"
import { namesIn, read } from "./Proc.ts"

export const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const isInAny = (path: string, folders: ReadonlyArray<string>): boolean => folders.some((folder) => isIn(path, folder))

/** Overlays whose upper layer is in one of the folders, so that they write to it. */
export const overlaysOn = (folders: ReadonlyArray<string>, mounts: ReadonlyArray<Mount>): ReadonlyArray<Mount> =>
  mounts.filter(
    ({ type, options }) =>
      type === "overlay" && options.some((one) => one.startsWith("upperdir=") && isInAny(one.slice(9), folders))
  )

/** The kernel marks the path of a removed file. */
const backingFile = (device: string): string =>
  read(`/sys/block/${device}/loop/backing_file`)
    .replace(/\n$/, "")
    .replace(/ \(deleted\)$/, "")

const loopsOn = (
  folders: ReadonlyArray<string>,
  mounts: ReadonlyArray<Mount>,
  whom: "anyone" | "writers"
): ReadonlyArray<string> =>
  namesIn("/sys/block")
    .filter((name) => name.startsWith("loop"))
    .flatMap((name) => {
      const path = backingFile(name)
      if (path === "" || !isInAny(path, folders)) return []
      if (whom === "writers" && read(`/sys/block/${name}/ro`).trim() === "1") return []
      const number = read(`/sys/block/${name}/dev`).trim()
      const points = mounts.filter(({ device }) => device === number).map(({ point }) => point)
      const mounted = points.length === 0 ? "" : `, mounted at ${points.join(", ")}`
      return [`/dev/${name} has ${path} open (a loop device${mounted})`]
    })

const swapsOn = (folders: ReadonlyArray<string>): ReadonlyArray<string> =>
  read("/proc/swaps")
    .split("\n")
    .slice(1)
    .map((line) => unescaped(line.split(/\s/)[0] ?? ""))
    .filter((path) => path !== "" && isInAny(path, folders))
    .map((path) => `the kernel has ${path} open (swap space)`)

/**
 * For people: each device, and the file that it has open.
 *
 * @param folders every path that they have in our own view.
 * @param mounts our own view.
 */
export const usedByKernel = (
  folders: ReadonlyArray<string>,
  mounts: ReadonlyArray<Mount>,
  whom: "anyone" | "writers"
): ReadonlyArray<string> => [
  ...loopsOn(folders, mounts, whom),
  ...swapsOn(folders),
  ...overlaysOn(folders, mounts)
    .filter(({ readOnly }) => whom === "anyone" || !readOnly)
    .map(({ point }) => `the overlay that is mounted at ${point} writes to it`)
]
