/**
 * LAW-1, the part that no process shows: files of a folder that the kernel itself goes on writing to, for a loop device, as
 * swap space, or below an overlay. Whoever asked it to may have ended long ago.
 */
import { type Mount, unescaped } from "./Mounts.ts"
import { namesIn, read } from "./Proc.ts"

export const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const isInAny = (path: string, folders: ReadonlyArray<string>): boolean => folders.some((folder) => isIn(path, folder))

/** Overlays that write to one of some folders: it is their upper layer. */
export const overlaysOn = (folders: ReadonlyArray<string>, mounts: ReadonlyArray<Mount>): ReadonlyArray<Mount> =>
  mounts.filter(
    ({ type, options }) =>
      type === "overlay" && options.some((one) => one.startsWith("upperdir=") && isInAny(one.slice(9), folders))
  )

/** A file that was removed is told with a word of the kernel's own. */
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
 * For people: each device, and what it has open.
 *
 * @param folders by every name that they have here.
 * @param mounts of our own view.
 */
export const heldByKernel = (
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
