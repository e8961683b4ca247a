/**
 * LAW-1, the part that neither the app's own processes nor the engine reveal: any process on this host that has a file
 * of a folder open or mapped, has its working directory there, or has the folder mounted elsewhere, as a container
 * does.
 */
import { realpathSync } from "node:fs"
import { isIn, overlaysOn, usedByKernel } from "./KernelUsers.ts"
import { type MountPath, mountedIn, mountsOf, namesOf, placeOf } from "./Mounts.ts"
import { commandOf, everyProcess, identityOf, linkOf, namesIn, processInfo, read } from "./Proc.ts"

export interface FolderUser {
  /** null: the kernel itself, on behalf of a process that may have ended (`KernelUsers.ts`). */
  readonly pid: number | null
  /** For people: `pid 12 (vim) has /path open`. */
  readonly what: string
  /** Empty unless the process has no file open but has a folder mounted: the mount points, in its own namespace. */
  readonly mountedAt: ReadonlyArray<string>
  /** Id of the container that it runs in (64 hexadecimal digits), if its cgroup tells. */
  readonly container: string | null
}

/**
 * `anyone` that uses a folder, or only `writers`, since a backup program may keep reading. `writers` includes a process
 * whose working directory is there, which probably works there. `writing` only has the processes with a file open for
 * writing.
 */
export type UserFilter = "anyone" | "writers" | "writing"

/** How the folders appear to the processes of one mount namespace. */
interface View {
  /** Every path of the folders there. */
  readonly names: ReadonlyArray<string>
  /** Mount points of the folders that do not exist in our own view, as in a container. */
  readonly mounted: ReadonlyArray<string>
}

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** `flags:` of a descriptor is octal. Its last digit tells whether the descriptor can write (O_WRONLY, O_RDWR). */
const canWrite = (fdinfo: string): boolean => /^flags:\t\d*[1-3567]$/m.test(fdinfo)

/**
 * The first of some paths that a process uses: as working directory or root, by a descriptor or a map. null: none.
 *
 * @param folders that the paths are in or below.
 * @param isOne whether a path is one of them.
 */
const pathUsedBy = (
  pid: number,
  whom: UserFilter,
  folders: ReadonlyArray<string>,
  isOne: (path: string) => boolean
): string | null => {
  for (const name of whom === "writing" ? [] : ["cwd", "root"]) {
    const path = linkOf(`/proc/${pid}/${name}`)
    if (path !== null && isOne(path)) return path
  }
  for (const fd of namesIn(`/proc/${pid}/fd`)) {
    const path = linkOf(`/proc/${pid}/fd/${fd}`)
    // The flags last: a host has thousands of descriptors, and few of them in a folder of an app.
    if (path === null || !isOne(path)) continue
    if (whom === "anyone" || canWrite(read(`/proc/${pid}/fdinfo/${fd}`))) return path
  }
  const maps = read(`/proc/${pid}/maps`)
  // Most processes have dozens of maps, and none of a folder that is asked for.
  if (!folders.some((folder) => maps.includes(folder))) return null
  for (const row of maps.split("\n")) {
    const at = row.indexOf("/")
    if (at === -1 || !isOne(row.slice(at))) continue
    // A shared map writes to the file even after its descriptor was closed.
    if (whom === "anyone" || /^\S+ .w.s /.test(row)) return row.slice(at)
  }
  return null
}

const containerOf = (pid: number): string | null => /[0-9a-f]{64}/.exec(read(`/proc/${pid}/cgroup`))?.[0] ?? null

/**
 * All users of the folders except lastgood itself. A process with more privileges than lastgood (the init of a
 * container, other users' processes for a plain user) hides its files and does not count, since otherwise no folder
 * would ever be quiet on such a host.
 *
 * @param folders absolute paths; symlinks in their parents are resolved.
 */
export const folderUsers = (folders: ReadonlyArray<string>, whom: UserFilter = "anyone"): ReadonlyArray<FolderUser> => {
  if (folders.length === 0) return []
  const mine = mountsOf("self")
  const resolved = folders.map(real)
  const places: ReadonlyArray<MountPath> = resolved.flatMap((path) => placeOf(path, mine) ?? [])
  const known = [...resolved, ...places.flatMap((place) => namesOf(place, mine))]
  const shown = [...places.flatMap((place) => mountedIn(place, mine)), ...overlaysOn(known, mine)]
  const ours = new Set(shown.map(({ point }) => point))
  const kernel = usedByKernel(known, mine, whom === "anyone" ? whom : "writers").map(
    (what): FolderUser => ({ pid: null, what, mountedAt: [], container: null })
  )
  const views = new Map<string, View>()
  const viewOf = (pid: number): View => {
    const namespace = linkOf(`/proc/${pid}/ns/mnt`) ?? ""
    const seen = views.get(namespace)
    if (seen !== undefined) return seen
    const mounts = mountsOf(pid)
    const names = [...resolved, ...places.flatMap((place) => namesOf(place, mounts))]
    const others = [...places.flatMap((place) => mountedIn(place, mounts)), ...overlaysOn(names, mounts)].filter(
      ({ point }) => !ours.has(point)
    )
    const view: View = {
      names,
      mounted: others.filter(({ readOnly }) => whom === "anyone" || !readOnly).map(({ point }) => point)
    }
    // A process that has just ended shows no mounts. That says nothing about the others in its namespace.
    if (mounts.length > 0) views.set(namespace, view)
    return view
  }
  const processes = everyProcess((seen): FolderUser | null => {
    const { pid } = seen
    if (pid === process.pid) return null
    const { names, mounted } = viewOf(pid)
    const found = (how: string, mountedAt: ReadonlyArray<string> = []): FolderUser | null => {
      const what = `pid ${pid} (${commandOf(pid)}) ${how}`
      const container = containerOf(pid)
      // If it has ended in the meantime, its container could not be read, and it would look like a process outside of
      // any container.
      const now = processInfo(pid)
      return now !== null && identityOf(now) === identityOf(seen) ? { pid, what, mountedAt, container } : null
    }
    const path = pathUsedBy(pid, whom, names, (used) => names.some((name) => isIn(used, name)))
    if (path !== null) return found(`has ${path} open`)
    return mounted.length === 0 ? null : found(`has it mounted at ${mounted.join(", ")}`, mounted)
  })
  return [...kernel, ...processes]
}
