/**
 * Control groups (cgroups) of Linux. Every process that starts in a group stays in it, however often it forks and
 * whatever it removes from its environment, and the kernel tells whether a group still has a process.
 */
import { closeSync, constants, mkdirSync, openSync, rmdirSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import { mountsOf } from "./Mounts.ts"
import { namesIn, read } from "./Proc.ts"

/** A mounted hierarchy, and the folder in it of each group that this process is in: new groups can be made there. */
export interface Hierarchy {
  readonly version: 1 | 2
  /** From the outermost to the group of this process. */
  readonly folders: ReadonlyArray<string>
}

/** The paths of a process's groups, one per hierarchy. Empty: the process has ended, or the kernel has no groups. */
export const groupsOf = (
  pid: number | "self"
): ReadonlyArray<{ readonly controllers: string; readonly path: string }> =>
  read(`/proc/${pid}/cgroup`)
    .split("\n")
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      return controllers === undefined || path === undefined ? [] : [{ controllers, path }]
    })

const foldersOf = (point: string, root: string, path: string): ReadonlyArray<string> => {
  const inside = root === "/" ? path : path.startsWith(root) ? path.slice(root.length) : null
  // Not below the mount here, such as the group of a process that entered this container from the host.
  if (inside === null || inside.split("/").includes("..")) return []
  const parts = inside.split("/").filter((part) => part !== "")
  return [point, ...parts.map((_, index) => join(point, ...parts.slice(0, index + 1)))]
}

/**
 * Version 2 first. Of version 1, only the freezer: it can stop every process of a group at once, so that none escapes a
 * kill.
 */
export const hierarchies = (): ReadonlyArray<Hierarchy> => {
  const own = groupsOf("self")
  const found = mountsOf("self").flatMap(({ type, options, point, root }): ReadonlyArray<Hierarchy> => {
    if (type !== "cgroup2" && !(type === "cgroup" && options.includes("freezer"))) return []
    const version = type === "cgroup2" ? 2 : 1
    const group = own.find(({ controllers }) =>
      version === 2 ? controllers === "" : controllers.split(",").includes("freezer")
    )
    return group === undefined ? [] : [{ version, folders: foldersOf(point, root, group.path) }]
  })
  return found.toSorted((a, b) => b.version - a.version)
}

/** Whether a group exists. */
export const exists = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Makes a group and its missing parents. false: this user may not, or the hierarchy is mounted read-only. */
export const make = (path: string): boolean => {
  try {
    mkdirSync(path, { recursive: true })
    return true
  } catch {
    return false
  }
}

const below = (path: string): ReadonlyArray<string> =>
  namesIn(path)
    .map((name) => join(path, name))
    .filter(exists)
    .flatMap((child) => [child, ...below(child)])

/**
 * Live processes in a group and its subgroups, by their pid in this PID namespace; 0: a process that is not visible
 * here.
 */
export const processesIn = (path: string): ReadonlyArray<number> =>
  [path, ...below(path)].flatMap((group) =>
    read(join(group, "cgroup.procs"))
      .split("\n")
      .filter((pid) => pid !== "")
      .map(Number)
  )

/** Whether a process lives in a group or its subgroups. In version 2 the kernel tells directly. */
export const isPopulated = (path: string): boolean => {
  const events = read(join(path, "cgroup.events"))
  return events === "" ? processesIn(path).length > 0 : /^populated 1$/m.test(events)
}

/** Writes to a file of a group. false: the file does not exist here, or the group was removed. */
const set = (path: string, file: string, value: string): boolean => {
  try {
    const fd = openSync(join(path, file), constants.O_WRONLY)
    try {
      writeSync(fd, value)
    } finally {
      closeSync(fd)
    }
    return true
  } catch {
    return false
  }
}

const signal = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It ended in the meantime.
  }
}

/** Sends SIGKILL to every process in a group and its subgroups, including processes that they fork at this moment. */
export const killAll = (path: string): void => {
  if (set(path, "cgroup.kill", "1")) return
  // A kernel before 5.14, or version 1: freeze first, since a frozen process cannot fork.
  const groups = [path, ...below(path)]
  const frozen = set(path, "cgroup.freeze", "1") || set(path, "freezer.state", "FROZEN")
  for (const pid of processesIn(path)) if (pid > 0) signal(pid)
  if (!frozen) return
  for (const group of groups.toReversed()) {
    set(group, "cgroup.freeze", "0")
    set(group, "freezer.state", "THAWED")
  }
}

/** Removes a group and its subgroups, as far as they are empty. */
export const remove = (path: string): void => {
  for (const group of [path, ...below(path)].toReversed()) {
    try {
      rmdirSync(group)
    } catch {
      // It is not empty, or was already removed.
    }
  }
}
