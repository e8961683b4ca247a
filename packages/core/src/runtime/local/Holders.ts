/**
 * LAW-1, the part that is not about the app's own processes: who on this host, whoever's, has a file of a folder open or
 * mapped, stands in it, or has it mounted in a container.
 */
import { readdirSync, readFileSync, realpathSync } from "node:fs"
import { commandOf, everyProcess, linkOf, read } from "./Proc.ts"

export interface Holder {
  readonly pid: number
  /** For people: `pid 12 (vim) has /path open`. */
  readonly what: string
}

interface Mount {
  readonly device: string
  /** Which folder of that filesystem is mounted. */
  readonly root: string
  readonly point: string
}

/** mountinfo writes space, tab, newline and backslash in octal. */
const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The mounts that a process sees; later ones cover earlier ones. */
const mountsOf = (pid: number | "self"): ReadonlyArray<Mount> =>
  read(`/proc/${pid}/mountinfo`)
    .split("\n")
    .flatMap((line) => {
      const [, , device, root, point] = line.split(" ")
      return device === undefined || root === undefined || point === undefined
        ? []
        : [{ device, root: unescaped(root), point: unescaped(point) }]
    })

const isIn = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`)

const join = (folder: string, rest: string): string => (folder === "/" ? rest || "/" : `${folder}${rest}`)

/** A path as its filesystem knows it, whatever it is mounted as. */
interface Place {
  readonly device: string
  readonly path: string
}

const placeOf = (path: string, mounts: ReadonlyArray<Mount>): Place | null => {
  const mount = mounts
    .filter(({ point }) => isIn(path, point))
    .reduce<Mount | null>((best, one) => (best === null || one.point.length >= best.point.length ? one : best), null)
  if (mount === null) return null
  const rest = mount.point === "/" ? path : path.slice(mount.point.length)
  return { device: mount.device, path: join(mount.root, rest) }
}

/** What a folder (or a part of it) is called among some mounts: a container knows it by another name. */
const namesOf = (place: Place, mounts: ReadonlyArray<Mount>): ReadonlyArray<string> =>
  mounts
    .filter(({ device }) => device === place.device)
    .flatMap(({ root, point }) => {
      if (isIn(root, place.path)) return [point]
      return isIn(place.path, root) ? [join(point, place.path.slice(root === "/" ? 0 : root.length))] : []
    })

const mountedIn = (place: Place, mounts: ReadonlyArray<Mount>): ReadonlyArray<string> =>
  mounts.filter(({ device, root }) => device === place.device && isIn(root, place.path)).map(({ point }) => point)

interface View {
  /** Every name that the folders have there. */
  readonly names: ReadonlyArray<string>
  /** Where one is mounted as it is mounted nowhere in our own view: what a container does. */
  readonly mounted: string | null
}

const real = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Paths that a process holds by its descriptors, folders and maps. */
const heldBy = function* (pid: number): Generator<string> {
  for (const name of ["cwd", "root"]) {
    const path = linkOf(`/proc/${pid}/${name}`)
    if (path !== null) yield path
  }
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const path = linkOf(`/proc/${pid}/fd/${fd}`)
    if (path !== null) yield path
  }
  for (const row of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const at = row.indexOf("/")
    if (at !== -1) yield row.slice(at)
  }
}

/**
 * Everybody who holds one of the folders, lastgood itself excepted. A process that is more privileged than lastgood (the
 * init of a container, other people's for a plain user) hides its files and counts as no holder: else it would never be
 * quiet on such a host.
 *
 * @param folders absolute; symlinks in their parents are resolved.
 */
export const holdersOf = (folders: ReadonlyArray<string>): ReadonlyArray<Holder> => {
  if (folders.length === 0) return []
  const mine = mountsOf("self")
  const resolved = folders.map(real)
  const places = resolved.flatMap((path) => placeOf(path, mine) ?? [])
  const views = new Map<string, View>()
  const viewOf = (pid: number): View => {
    const namespace = linkOf(`/proc/${pid}/ns/mnt`) ?? ""
    const known = views.get(namespace)
    if (known !== undefined) return known
    const mounts = mountsOf(pid)
    const ours = new Set(places.flatMap((place) => mountedIn(place, mine)))
    const view: View = {
      names: [...resolved, ...places.flatMap((place) => namesOf(place, mounts))],
      mounted: places.flatMap((place) => mountedIn(place, mounts)).find((point) => !ours.has(point)) ?? null
    }
    views.set(namespace, view)
    return view
  }
  const look = (pid: number): string | null => {
    try {
      const { names, mounted } = viewOf(pid)
      if (mounted !== null) return `has it mounted at ${mounted}`
      for (const path of heldBy(pid)) if (names.some((name) => isIn(path, name))) return `has ${path} open`
      return null
    } catch {
      return null
    }
  }
  return everyProcess(({ pid }) => {
    const what = pid === process.pid ? null : look(pid)
    return what === null ? null : { pid, what: `pid ${pid} (${commandOf(pid)}) ${what}` }
  })
}
