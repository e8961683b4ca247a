/**
 * Describes who holds a claim, for people: the text that the holder wrote into the file, and what the kernel says about
 * the processes that have the lock. No lock depends on this text, and reading it takes no lock.
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
  type Stats,
  statSync
} from "node:fs"
import { basename, dirname } from "node:path"
import { commandOf, namesIn, pids, processInfo } from "../host/Proc.ts"
import { runsAs } from "../installation.ts"
import type { Holder } from "./Claims.ts"

export const fileName = "claim"

/** The longest text that is read from a claim. */
const longestText = 500

const orNull = <A>(see: () => A): A | null => {
  try {
    return see()
  } catch {
    return null
  }
}

/** Reads the text in a claim. It does not follow a link and does not wait for a fifo. */
const readLockText = (file: string): string => {
  const text = orNull(() => {
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const bytes = Buffer.alloc(longestText)
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, longestText, 0)).trim()
    } finally {
      closeSync(fd)
    }
  })
  return text === null || text === "" ? "an unidentified process" : text
}

const borrowed = "borrowed, given back to a process that wants it"

export const borrowedBy = (who: string): string => `${who} (${borrowed})`

/** Whether the claim is one that was borrowed. No lock depends on it. */
export const isBorrowed = (file: string): boolean => (orNull(() => readLockText(file)) ?? "").includes(borrowed)

const idOf = ({ dev, ino }: Pick<Stats, "dev" | "ino">): string => `${dev}:${ino}`

/** The identity of an open file that its process has locked; null: another file, or not locked. */
const lockedBy = (pid: number, fd: string, names: ReadonlySet<string>): string | null =>
  orNull(() => {
    // Compare the name first: stat(2) may hang on a filesystem that does not respond.
    if (!names.has(basename(readlinkSync(`/proc/${pid}/fd/${fd}`)))) return null
    const id = idOf(statSync(`/proc/${pid}/fd/${fd}`))
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("FLOCK") ? id : null
  })

const descriptorsOf = (pid: number): ReadonlyArray<string> => orNull(() => namesIn(`/proc/${pid}/fd`)) ?? []

const processes = (): ReadonlyArray<number> => orNull(pids) ?? []

/** The identity of a regular file; null: there is none. */
const idOfFile = (file: string): string | null => {
  const found = lstatSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true ? idOf(found) : null
}

/**
 * The processes that have a lock on a file of one of these names, by the file's identity. It checks every open file of the
 * host, because /proc/locks is not enough: inside a container it omits a lock whose taker (flock(1)) has ended, and on btrfs
 * and overlayfs it names other devices than stat(2) does.
 */
const lockersById = (names: ReadonlySet<string>): ReadonlyMap<string, ReadonlyArray<number>> => {
  const pidsById = new Map<string, Array<number>>()
  for (const pid of processes()) {
    const locked = new Set(descriptorsOf(pid).map((fd) => lockedBy(pid, fd, names)))
    for (const id of locked) if (id !== null) pidsById.set(id, [...(pidsById.get(id) ?? []), pid])
  }
  return pidsById
}

/** Pids of the processes that have the lock on a file. */
export const lockersOf = (file: string): ReadonlyArray<number> => {
  const id = idOfFile(file)
  return id === null ? [] : (lockersById(new Set([basename(file)])).get(id) ?? [])
}

/** The single executable, running as a plugin process or as the demo app. */
const isOtherRole = (word: string | undefined): boolean => word === runsAs.plugin || word === runsAs.script

/**
 * The command to show for a process: `lastgood upgrade notes` for lastgood, without flags and their values; only the
 * program name for anything else (LAW-12).
 */
const shownCommand = (pid: number): { readonly command: string; readonly isLastgood: boolean } => {
  const words = (orNull(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "").split("\0")
  const at = words.findIndex((word) => /(^|\/)lastgood(\.mjs|-[\w.]+-linux-\w+)?$/.test(word))
  if (at === -1 || isOtherRole(words[at + 1]))
    return { command: orNull(() => commandOf(pid)) ?? "?", isLastgood: false }
  const own = words.slice(at + 1, at + 3).filter((word) => /^[a-z0-9]/i.test(word))
  return { command: ["lastgood", ...own].join(" "), isLastgood: true }
}

/** True also for a lastgood that a tool of another lastgood started. */
export const isLastgood = (pid: number): boolean => shownCommand(pid).isLastgood

/**
 * @param said the text in the claim.
 * @param isItself whether the process that wrote the text is the one that has the lock.
 */
const described = (pid: number, said: string, isItself: boolean): Holder => {
  const { command, isLastgood } = shownCommand(pid)
  const stopped = orNull(() => processInfo(pid))?.stopped === true
  const state = stopped ? ", which is stopped" : ""
  if (isItself || isLastgood) {
    return {
      who: isItself ? `${said} (${command})${state}` : `pid ${pid} (${command})${state}, and the claim says: ${said}`,
      next: stopped
        ? `resume it: kill -CONT ${pid}; or stop it safely: kill ${pid} && kill -CONT ${pid}`
        : `wait for it: --wait 10m; or stop it safely: kill ${pid} (the next command resumes its work)`
    }
  }
  return {
    who: `pid ${pid} (${command})${state}, left running by ${said}`,
    next: `wait until it ends: --wait 10m; if it hangs: kill ${stopped ? "-9 " : ""}${pid}, and the next command resumes from the log`
  }
}

/** The process that the text in a claim names. */
const notedIn = (said: string): number => Number(/\bpid (\d+)/.exec(said)?.[1])

const heldBy = (file: string, lockers: ReadonlyArray<number>): Holder | null => {
  const [first] = lockers
  if (first === undefined) return null
  const said = readLockText(file)
  const noted = notedIn(said)
  const itself = lockers.includes(noted)
  // Tools of a live lastgood have the lock too. The lastgood process itself is the better answer.
  const pid = itself ? noted : (lockers.find((one) => shownCommand(one).isLastgood) ?? first)
  return described(pid, said, itself)
}

/** The process that the text names, if it has the lock, which it mostly has: no other process is searched for it. */
const heldByNoted = (file: string): Holder | null => {
  const said = readLockText(file)
  const noted = notedIn(said)
  const id = idOfFile(file)
  if (Number.isNaN(noted) || id === null) return null
  const names = new Set([basename(file)])
  return descriptorsOf(noted).some((fd) => lockedBy(noted, fd, names) === id) ? described(noted, said, true) : null
}

/** null: the file is not locked. */
export const holderOf = (file: string): Holder | null => heldByNoted(file) ?? heldBy(file, lockersOf(file))

/**
 * The holders of the files that are locked, by path. A file that this user may not see counts as not locked. The host is
 * searched once for all of them, and mostly nothing is locked: then no file is looked at.
 */
export const holdersOf = (files: ReadonlyArray<string>): ReadonlyMap<string, Holder> => {
  if (files.length === 0) return new Map()
  const lockers = lockersById(new Set(files.map((file) => basename(file))))
  if (lockers.size === 0) return new Map()
  return new Map(
    files.flatMap((file) => {
      const id = orNull(() => idOfFile(file))
      const holder = id === null ? null : heldBy(file, lockers.get(id) ?? [])
      return holder === null ? [] : [[file, holder] as const]
    })
  )
}

/**
 * The holder of a claim whose file was removed. Its lock is on a file that no other process can open, and it is still
 * working. null: no such holder is visible.
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
  return pid === undefined ? null : described(pid, "a process whose claim file was removed", false)
}

/**
 * The holder, for a caller that knows the lock is held. When its process is not visible, it is described by the text in
 * the claim.
 */
export const describeHolder = (file: string): Holder =>
  orNull(() => holderOf(file)) ?? { who: readLockText(file), next: "try again later, or wait: --wait 10m" }
