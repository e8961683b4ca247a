/** The mounts that a process sees (`/proc/<pid>/mountinfo`), and the names of one folder in several of these views. */
import { realpathSync, statSync } from "node:fs"
import { read } from "./Proc.ts"

export interface Mount {
  readonly device: string
  /** The folder of the filesystem that is mounted. */
  readonly root: string
  readonly point: string
  readonly readOnly: boolean
  /** The filesystem type: `ext4`, `overlay`, `cgroup2`. */
  readonly type: string
  /** Options of the filesystem, not of this mount: `upperdir=/path`, `freezer`. */
  readonly options: ReadonlyArray<string>
}

/** A path within its filesystem, independent of where that is mounted. */
export interface MountPath {
  readonly device: string
  readonly path: string
}

/** The kernel escapes space, tab, newline and backslash in octal. */
export const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

let own: { readonly text: string; readonly mounts: ReadonlyArray<Mount> } = { text: "", mounts: [] }

/**
 * The mounts that a process sees. A later one may cover an earlier one. Those of this process are parsed again only if the
 * kernel says something else than before: a host of containers has thousands.
 */
export const mountsOf = (pid: number | "self"): ReadonlyArray<Mount> => {
  const text = read(`/proc/${pid}/mountinfo`)
  if (pid !== "self") return parseMountinfo(text)
  if (text !== own.text) own = { text, mounts: parseMountinfo(text) }
  return own.mounts
}

/** Filesystems whose data is on a disk or in the memory of this host. Any other one may wait, also for ever. */
const localTypes = new Set([
  ...["bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs3", "overlay"],
  ...["ramfs", "reiserfs", "rootfs", "squashfs", "tmpfs", "vfat", "xfs", "zfs"]
])

/** Whether a look at a path waits for no server and no other program. @param path resolved: mountinfo has no symlinks. */
export const isLocal = (path: string, mounts: ReadonlyArray<Mount>): boolean =>
  localTypes.has(mountOf(path, mounts)?.type ?? "")

/** Such a folder cannot be renamed. false: it is not a mount point, or does not exist. */
export const isMountPoint = (folder: string): boolean => {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return false
  const path = realpathSync(folder)
  return mountsOf("self").some(({ point }) => point === path)
}

export const parseMountinfo = (text: string): ReadonlyArray<Mount> =>
  text.split("\n").flatMap((line) => {
    const [, , device, root, point, options, ...rest] = line.split(" ")
    const [type = "", , more = ""] = rest.slice(rest.indexOf("-") + 1)
    return device === undefined || root === undefined || point === undefined
      ? []
      : [
          {
            device,
            root: unescaped(root),
            point: unescaped(point),
            readOnly: options?.split(",").includes("ro") ?? false,
            type,
            options: more.split(",").map(unescaped)
          }
        ]
  })

const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`)

const join = (folder: string, rest: string): string => (folder === "/" ? rest || "/" : `${folder}${rest}`)

/** Of several at the same point, the last one covers the others. */
const mountOf = (path: string, mounts: ReadonlyArray<Mount>): Mount | null => {
  let best: Mount | null = null
  for (const one of mounts) {
    if (isIn(path, one.point) && (best === null || one.point.length >= best.point.length)) best = one
  }
  return best
}

/** null: nothing is mounted there, not even a root. */
export const placeOf = (path: string, mounts: ReadonlyArray<Mount>): MountPath | null => {
  const mount = mountOf(path, mounts)
  if (mount === null) return null
  const rest = mount.point === "/" ? path : path.slice(mount.point.length)
  return { device: mount.device, path: join(mount.root, rest) }
}

/** The paths of a folder (or a part of it) in a view: a container knows it by another path. */
export const namesOf = (place: MountPath, mounts: ReadonlyArray<Mount>): ReadonlyArray<string> =>
  mounts
    .filter(({ device }) => device === place.device)
    .flatMap(({ root, point }) => {
      if (isIn(root, place.path)) return [point]
      return isIn(place.path, root) ? [join(point, place.path.slice(root === "/" ? 0 : root.length))] : []
    })

/** The mounts whose root is the folder or a part of it. */
export const mountedIn = (place: MountPath, mounts: ReadonlyArray<Mount>): ReadonlyArray<Mount> =>
  mounts.filter(({ device, root }) => device === place.device && isIn(root, place.path))
