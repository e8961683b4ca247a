/** Processes as /proc lists them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

const text = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const names = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

const pids = (): ReadonlyArray<number> =>
  names("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid)

export const commandOf = (pid: number): string => text(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()

/** Live processes with `what` in their command line or environment. A zombie has neither. */
export const mentioning = (what: string): ReadonlyArray<number> =>
  pids().filter((pid) => commandOf(pid) !== "" && `${commandOf(pid)}\0${text(`/proc/${pid}/environ`)}`.includes(what))

const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0)

const belongsToApp = (pid: number): boolean => text(`/proc/${pid}/environ`).includes("LASTGOOD_APP_DIR=")

/** The tools that a lastgood has started (tar, git, flock …): what descends from it and is not of the app. */
export const toolsOf = (pid: number): ReadonlyArray<number> => {
  const all = pids().map((one) => ({ one, parent: parentOf(one) }))
  const found = new Set([pid])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const { one, parent } of all) if (found.has(parent) && !belongsToApp(one)) found.add(one)
  }
  found.delete(pid)
  return [...found]
}

/** Where the descriptors of a process lead. */
export const descriptorsOf = (pid: number): ReadonlyArray<string> =>
  names(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      return []
    }
  })

export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}

/** Until none is left: one that was just about to start another is not missed. */
export const killAll = async (what: string): Promise<void> => {
  for (let left = mentioning(what); left.length > 0; left = mentioning(what)) {
    for (const pid of left) signal(pid, "SIGKILL")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
