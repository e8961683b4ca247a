/**
 * Who holds a claim, for people: what the holder wrote of itself, and what the kernel says of the processes that have
 * the lock. No lock depends on any of it, and looking takes no lock from anybody.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync
} from "node:fs"
import { basename, dirname } from "node:path"
import { commandOf, namesIn, pids, processInfo } from "../host/Proc.ts"
import { runsAs } from "../installation.ts"
import type { Holder } from "./Claims.ts"

export const fileName = "claim"

/** Longer is nobody's introduction. */
const longestText = 500

const orNull = <A>(see: () => A): A | null => {
  try {
    return see()
  } catch {
    return null
  }
}

/** Whatever lies in the file's place: a link is not followed, and a fifo is not waited for. */
const introduction = (file: string): string => {
  const text = orNull(() => {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const bytes = Buffer.alloc(longestText)
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, longestText, 0)).trim()
    } finally {
      closeSync(fd)
    }
  })
  return text === null || text === "" ? "a process that has not said who it is" : text
}

interface Wanted {
  readonly name: string
  readonly dev: number
  readonly ino: number
}

const isLockedThrough = (pid: number, fd: string, wanted: Wanted): boolean =>
  orNull(() => {
    // Its name first: to ask anything of a file on a filesystem that does not answer would never end.
    if (basename(readlinkSync(`/proc/${pid}/fd/${fd}`)) !== wanted.name) return false
    const { dev, ino } = statSync(`/proc/${pid}/fd/${fd}`)
    return (
      dev === wanted.dev && ino === wanted.ino && readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("FLOCK")
    )
  }) ?? false

const descriptorsOf = (pid: number): ReadonlyArray<string> => orNull(() => namesIn(`/proc/${pid}/fd`)) ?? []

const processes = (): ReadonlyArray<number> => orNull(pids) ?? []

/**
 * Processes that have the lock on a file. Asked of every open file: /proc/locks leaves out, inside a container, a lock
 * whose taker (flock(1)) has ended, and names devices that stat(2) calls otherwise on btrfs and overlayfs.
 */
export const lockersOf = (file: string): ReadonlyArray<number> => {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined || !found.isFile()) return []
  const wanted = { name: basename(file), dev: found.dev, ino: found.ino }
  return processes().filter((pid) => descriptorsOf(pid).some((fd) => isLockedThrough(pid, fd, wanted)))
}

/** The one file as the process of a plugin, or as the demo's app. */
const isOtherRole = (word: string | undefined): boolean => word === runsAs.plugin || word === runsAs.script

/** `lastgood upgrade notes`: its own words, never a value of a flag; any other program by its name only (LAW-12). */
const shownCommand = (pid: number): { readonly command: string; readonly isLastgood: boolean } => {
  const words = (orNull(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "").split("\0")
  const at = words.findIndex((word) => /(^|\/)lastgood(\.mjs|-[\w.]+-linux-\w+)?$/.test(word))
  if (at === -1 || isOtherRole(words[at + 1]))
    return { command: orNull(() => commandOf(pid)) ?? "?", isLastgood: false }
  const own = words.slice(at + 1, at + 3).filter((word) => /^[a-z0-9]/i.test(word))
  return { command: ["lastgood", ...own].join(" "), isLastgood: true }
}

/** Also one that was started by a tool of another. */
export const isLastgood = (pid: number): boolean => shownCommand(pid).isLastgood

/** @param pid what it said of itself, where that is who has the lock. */
const described = (pid: number, said: string, isItself: boolean): Holder => {
  const { command, isLastgood } = shownCommand(pid)
  const stopped = orNull(() => processInfo(pid))?.stopped === true
  const state = stopped ? ", which is stopped" : ""
  if (isItself || isLastgood) {
    return {
      who: isItself ? `${said} (${command})${state}` : `pid ${pid} (${command})${state}, which wrote: ${said}`,
      next: stopped
        ? `let it go on: kill -CONT ${pid}; or have it end safely: kill ${pid} && kill -CONT ${pid}`
        : `let this wait for it: --wait 10m; or have it end safely: kill ${pid} (the next command goes on from there)`
    }
  }
  return {
    who: `pid ${pid} (${command})${state}, left running by ${said}`,
    next: `it ends by itself: --wait 10m; if it hangs, kill ${stopped ? "-9 " : ""}${pid}, and the next command goes on from the log`
  }
}

/** null: nobody has the lock. */
export const holderOf = (file: string): Holder | null => {
  const lockers = lockersOf(file)
  const [first] = lockers
  if (first === undefined) return null
  const said = introduction(file)
  const noted = Number(/\bpid (\d+)/.exec(said)?.[1])
  const itself = lockers.includes(noted)
  // Tools of a lastgood that lives have the lock too; itself says more.
  const pid = itself ? noted : (lockers.find((one) => shownCommand(one).isLastgood) ?? first)
  return described(pid, said, itself)
}

/**
 * The holder of a claim whose file was removed since: its lock is on a file that nobody else can open, and it works on.
 * null: there is none to be seen.
 */
export const holderOfRemoved = (file: string): Holder | null => {
  const path = orNull(() => `${realpathSync(dirname(file))}/${basename(file)} (deleted)`)
  const isIt = (pid: number, fd: string): boolean =>
    orNull(
      () =>
        readlinkSync(`/proc/${pid}/fd/${fd}`) === path &&
        readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("FLOCK")
    ) ?? false
  const pid = processes().find((one) => descriptorsOf(one).some((fd) => isIt(one, fd)))
  return pid === undefined ? null : described(pid, "one whose claim was removed", false)
}

/** When the lock is known to be held: by somebody whose processes cannot be seen, at the least. */
export const somebodyAt = (file: string): Holder =>
  orNull(() => holderOf(file)) ?? { who: introduction(file), next: "try again later, or let it wait: --wait 10m" }
