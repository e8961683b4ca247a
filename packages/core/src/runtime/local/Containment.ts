/**
 * Keeps an app's processes together (LAW-1), whatever they do to their sessions, parents and environments. Each line of
 * its Procfile gets a control group, and every process inherits a hard limit that has no other effect. The shell that
 * becomes the process sets both, so nothing ever starts outside.
 *
 * A group needs root, or a hierarchy that was delegated to this user. The limit needs no privileges: an unprivileged
 * process can lower it on purpose, but can neither raise it nor lose it.
 */
import { createHash } from "node:crypto"
import { statSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import { makeRecent } from "../../domain/recent.ts"
import * as Cgroups from "../../host/Cgroups.ts"
import { identityOf, type ProcessInfo, read } from "../../host/Proc.ts"
import { run } from "../../process/Tool.ts"

const parent = "lastgood"

/** Whether to use the control groups of this host. Otherwise only the limit is used. */
export const UseCgroups = Context.Reference<boolean>("lastgood/runtime/local/UseCgroups", {
  defaultValue: () => true
})

type Contained = Pick<App, "dir" | "name">

interface Names {
  /** Folder of the app's groups, below `lastgood`. */
  readonly group: string
  /** For `ulimit -m`, in KiB. */
  readonly limit: number
}

/**
 * Derived from the folder's identity, not its path: two roots with an app of the same name differ, also in a container.
 * null: the app has no folder yet, so no process of it was ever started.
 */
const namesOf = (app: Contained): Names | null => {
  const found = statSync(app.dir, { throwIfNoEntry: false })
  if (found === undefined) return null
  const hash = createHash("sha256").update(`${found.dev}:${found.ino}`).digest("hex")
  // More memory than any host has (2^60 bytes and up), so that programs that read the limit see none.
  return { group: `${app.name}-${hash.slice(0, 12)}`, limit: 2 ** 50 + Number.parseInt(hash.slice(12, 24), 16) }
}

/** The part of the hierarchy that belongs to a systemd user. A login session is outside of it. */
const ofUser = (folder: string): string => {
  const uid = process.getuid?.() ?? 0
  return join(folder, "user.slice", `user-${uid}.slice`, `user@${uid}.service`)
}

const placesIn = ({ folders }: Cgroups.Hierarchy): ReadonlyArray<string> =>
  [...folders, ...folders.slice(0, 1).map(ofUser).filter(Cgroups.exists)].map((folder) => join(folder, parent))

/** Every existing folder of the app's groups. */
const groupsOf = (app: Contained): ReadonlyArray<string> => {
  const names = namesOf(app)
  return names === null
    ? []
    : Cgroups.hierarchies()
        .flatMap(placesIn)
        .map((place) => join(place, names.group))
        .filter(Cgroups.exists)
}

/**
 * Sets the limit, enters the first group that accepts the process, then becomes the program. Groups and program are
 * arguments: the script is never built from data. It sets no variable, which could override one of the app's.
 */
const script = [
  'ulimit -m "$1" 2> /dev/null; shift',
  'until [ "$1" = -- ] || { echo 0 > "$1/cgroup.procs"; } 2> /dev/null; do shift; done',
  'until [ "$1" = -- ]; do shift; done; shift',
  'exec "$@"'
].join("\n")

/** Arguments of `sh` with which it becomes a program in the given groups. */
const entering = (limit: number, groups: ReadonlyArray<string>, program: ReadonlyArray<string>) => [
  "-c",
  script,
  "sh",
  String(limit),
  ...groups,
  "--",
  ...program
]

/** Makes the group of a process at the outermost place of each hierarchy where this user may. */
const makeGroups = (path: string): ReadonlyArray<string> =>
  Cgroups.hierarchies().flatMap((hierarchy) => {
    const made = placesIn(hierarchy).find((place) => Cgroups.make(join(place, path)))
    return made === undefined ? [] : [join(made, path)]
  })

/**
 * Arguments of `sh` with which it becomes a program of the app.
 *
 * @param name of its line in the Procfile.
 */
export const contained = Effect.fnUntraced(function* (app: App, name: string, program: ReadonlyArray<string>) {
  const names = namesOf(app)
  if (names === null) return ["-c", 'exec "$@"', "sh", ...program]
  const groups = (yield* UseCgroups) ? makeGroups(join(names.group, name)) : []
  return entering(names.limit, groups, program)
})

/** Whether one process belongs to the app, as far as the kernel tells. */
export type Membership =
  /** `process`: the line of the Procfile that it was started as, or descends from; null: not known. */
  { readonly of: "app"; readonly process: string | null } | { readonly of: "another" } | { readonly of: "unknown" }

const inGroup = new RegExp(`/${parent}/([^/]+)/([^/]+)(?:/|$)`)

const limitPattern = /^Max resident set +\d+ +(\d+) /m

interface Group {
  readonly group: string
  /** The line of the Procfile. */
  readonly process: string
  /** When it was first seen in it, in milliseconds of the monotonic clock. */
  readonly since: number
}

/**
 * The groups of processes, by what identifies these: a process leaves the group that it entered when it was started only if
 * root moves it, and one that was moved to the app's group is found there (`populated`). On a host of many apps, almost every
 * process is in the group of another app.
 */
const groups = makeRecent<Group>(20_000)

/** The shell that starts a process may be in the group of another app until it enters its own. Milliseconds. */
const enteredMs = 5000

const groupOf = (process: ProcessInfo): Group | null => {
  const identity = identityOf(process)
  const known = groups.get(identity)
  const now = performance.now()
  if (known !== undefined && now - known.since >= enteredMs) return known
  for (const { path } of Cgroups.groupsOf(process.pid)) {
    const [, group, name] = inGroup.exec(path) ?? []
    if (group === undefined || name === undefined) continue
    const since = known?.group === group && known.process === name ? known.since : now
    const found = { group, process: name, since }
    groups.set(identity, found)
    return found
  }
  return null
}

/**
 * Whether a process is the app's. It runs for every process of the host, so the limit is read only if group and mark do
 * not tell.
 */
export const membershipIn = (app: App): ((process: ProcessInfo, mark: () => Membership) => Membership) => {
  const names = namesOf(app)
  const bytes = names === null ? null : String(BigInt(names.limit) * 1024n)
  return (process, mark) => {
    const { pid } = process
    const found = groupOf(process)
    if (found !== null) return found.group === names?.group ? { of: "app", process: found.process } : { of: "another" }
    const marked = mark()
    if (marked.of !== "unknown" || bytes === null) return marked
    return limitPattern.exec(read(`/proc/${pid}/limits`))?.[1] === bytes ? { of: "app", process: null } : marked
  }
}

/** Groups of the app that have a process. Unlike a scan of all processes, this misses none. */
export const populated = (app: App): ReadonlyArray<string> => groupsOf(app).filter(Cgroups.isPopulated)

/** Sends SIGKILL to every process in the app's groups. */
export const killContained = (app: Contained): void => {
  for (const group of groupsOf(app)) Cgroups.killAll(group)
}

/** Removes the app's empty groups. `deploy` makes new ones. */
export const removeGroups = (app: Contained): void => {
  for (const group of groupsOf(app)) Cgroups.remove(group)
}

/** Whether the app started this lastgood, which is then in its group. */
export const isInside = (app: App): boolean => {
  const names = namesOf(app)
  return names !== null && Cgroups.groupsOf("self").some(({ path }) => inGroup.exec(path)?.[1] === names.group)
}

/** How this host can keep an app's processes together, found by starting a program that way. For `doctor`. */
export const describeContainment = Effect.fn("Local.describeContainment")(function* () {
  const path = join(`probe-${process.pid}`, "probe")
  const groups = (yield* UseCgroups) ? makeGroups(path) : []
  const program = ["cat", "/proc/self/cgroup", "/proc/self/limits"]
  const { stdout } = yield* run("sh", entering(2 ** 50, groups, program), { timeoutMs: 10_000 }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        for (const group of groups) Cgroups.remove(dirname(group))
      })
    )
  )
  const entered = stdout.split("\n").find((line) => line.endsWith(`/${parent}/${path}`))
  if (entered !== undefined) return `each app is in a control group (cgroup ${entered.startsWith("0::") ? "v2" : "v1"})`
  return limitPattern.exec(stdout)?.[1] === String(2n ** 60n)
    ? "each app is tracked by an inherited limit (control groups cannot be created here)"
    : "each app is tracked only by its environment and sessions (neither control groups nor limits can be set here)"
})
