/**
 * What Linux knows of the processes on this host (`/proc`). A process that ends while it is looked at is simply not
 * there; a zombie can neither write nor hold anything open and counts as gone.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks since boot: with the pid it names one process, also after the pid was used again. */
  readonly startTicks: string
}

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** null: it does not exist (any more), or is a zombie. */
export const processInfo = (pid: number): ProcessInfo | null => {
  const stat = read(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything, so what follows counts from its last parenthesis.
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const startTicks = rest[15]
  if (state === undefined || state === "Z" || state === "X" || startTicks === undefined) return null
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), startTicks }
}

export const allProcesses = (): ReadonlyArray<ProcessInfo> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const info = processInfo(Number(name))
      return info === null ? [] : [info]
    })

/** The environment that a process was started with; empty where it may not be read or was overwritten. */
export const environmentOf = (pid: number): ReadonlySet<string> => new Set(read(`/proc/${pid}/environ`).split("\0"))

export const bootId = (): string => read("/proc/sys/kernel/random/boot_id").trim()

export const commandOf = (pid: number): string => read(`/proc/${pid}/comm`).trim() || "?"

const link = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ""
  }
}

const entries = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** A path in one of the folders that a process has open, mapped, or stands in; null: none. */
export const heldPath = (pid: number, folders: ReadonlyArray<string>): string | null => {
  const isInside = (path: string) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
  const links = [
    `/proc/${pid}/cwd`,
    `/proc/${pid}/root`,
    ...entries(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)
  ]
  for (const one of links) {
    const path = link(one)
    if (isInside(path)) return path
  }
  const maps = read(`/proc/${pid}/maps`)
  if (!folders.some((folder) => maps.includes(folder))) return null
  for (const row of maps.split("\n")) {
    const path = row.slice(row.indexOf("/"))
    if (row.includes("/") && isInside(path)) return path
  }
  return null
}
