/**
 * LAW-1, the part that neither an app's own processes nor an engine tell: who on this host, whoever's, has a file of a
 * folder open or mapped, stands in it, or has it mounted where we have not, as a container does.
 */
import { realpathSync } from "node:fs"
import { heldByKernel, isIn, overlaysOn } from "./KernelHolders.ts"
import { mountedIn, mountsOf, namesOf, type Place, placeOf } from "./Mounts.ts"
import { commandOf, everyProcess, identityOf, linkOf, namesIn, processInfo, read } from "./Proc.ts"

export interface Holder {
  /** null: the kernel itself, for somebody who may have ended (`KernelHolders.ts`). */
  readonly pid: number | null
  /** For people: `pid 12 (vim) has /path open`. */
  readonly what: string
  /** It has nothing open, but one of the folders mounted, at these paths of its own. */
  readonly mountedAt: ReadonlyArray<string>
  /** Id of the container that it runs in, where its control group tells of one (64 hexadecimal digits). */
  readonly container: string | null
}

/**
 * `anyone` who holds something, or only `writers`: a backup program that reads may go on. Who stands in a folder counts as
 * one: it is there to work. `writing`: who has something open that it can write to, and nobody else.
 */
export type Whom = "anyone" | "writers" | "writing"

/** What the folders are to the processes of one mount namespace. */
interface View {
  /** Every name that the folders have there. */
  readonly names: ReadonlyArray<string>
  /** Where one is mounted as it is mounted nowhere in our own view: what a container does. */
  readonly mounted: ReadonlyArray<string>
}

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** `flags:` of a descriptor, in octal: its last digit says whether it can write (O_WRONLY, O_RDWR). */
const canWrite = (fdinfo: string): boolean => /^flags:\t\d*[1-3567]$/m.test(fdinfo)

/** Paths that a process holds by its folders, descriptors and maps. */
const heldBy = function* (pid: number, whom: Whom): Generator<string> {
  for (const name of whom === "writing" ? [] : ["cwd", "root"]) {
    const path = linkOf(`/proc/${pid}/${name}`)
    if (path !== null) yield path
  }
  for (const fd of namesIn(`/proc/${pid}/fd`)) {
    const path = linkOf(`/proc/${pid}/fd/${fd}`)
    if (path !== null && (whom === "anyone" || canWrite(read(`/proc/${pid}/fdinfo/${fd}`)))) yield path
  }
  for (const row of read(`/proc/${pid}/maps`).split("\n")) {
    const at = row.indexOf("/")
    // A map that is shared writes to the file, also when its descriptor was closed.
    if (at !== -1 && (whom === "anyone" || /^\S+ .w.s /.test(row))) yield row.slice(at)
  }
}

const containerOf = (pid: number): string | null => /[0-9a-f]{64}/.exec(read(`/proc/${pid}/cgroup`))?.[0] ?? null

/**
 * Everybody who holds one of the folders, lastgood itself excepted. A process that is more privileged than lastgood (the
 * init of a container, other people's for a plain user) hides its files and counts as no holder: else it would never be
 * quiet on such a host.
 *
 * @param folders absolute; symlinks in their parents are resolved.
 */
export const holdersOf = (folders: ReadonlyArray<string>, whom: Whom = "anyone"): ReadonlyArray<Holder> => {
  if (folders.length === 0) return []
  const mine = mountsOf("self")
  const resolved = folders.map(real)
  const places: ReadonlyArray<Place> = resolved.flatMap((path) => placeOf(path, mine) ?? [])
  const known = [...resolved, ...places.flatMap((place) => namesOf(place, mine))]
  const shown = [...places.flatMap((place) => mountedIn(place, mine)), ...overlaysOn(known, mine)]
  const ours = new Set(shown.map(({ point }) => point))
  const kernel = heldByKernel(known, mine, whom === "anyone" ? whom : "writers").map(
    (what): Holder => ({ pid: null, what, mountedAt: [], container: null })
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
    // One that has just ended shows none, which says nothing of the others in its namespace.
    if (mounts.length > 0) views.set(namespace, view)
    return view
  }
  const processes = everyProcess((seen): Holder | null => {
    const { pid } = seen
    if (pid === process.pid) return null
    const { names, mounted } = viewOf(pid)
    const found = (how: string, mountedAt: ReadonlyArray<string> = []): Holder | null => {
      const what = `pid ${pid} (${commandOf(pid)}) ${how}`
      const container = containerOf(pid)
      // Of one that has ended meanwhile nothing could be read: it would pass for somebody in no container.
      const now = processInfo(pid)
      return now !== null && identityOf(now) === identityOf(seen) ? { pid, what, mountedAt, container } : null
    }
    for (const path of heldBy(pid, whom)) if (names.some((name) => isIn(path, name))) return found(`has ${path} open`)
    return mounted.length === 0 ? null : found(`has it mounted at ${mounted.join(", ")}`, mounted)
  })
  return [...kernel, ...processes]
}
