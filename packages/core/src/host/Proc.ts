/**
 * What Linux knows of the processes on this host (`/proc`). A process that ends while it is looked at is simply not
 * there; a zombie can neither write nor hold anything open and counts as gone.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { toolEnvironment } from "../process/environment.ts"

export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks since boot: with the pid it names one process, also after the pid was used again. */
  readonly startTicks: string
  /** By SIGSTOP or a debugger: it sees no signal but SIGKILL before it goes on. */
  readonly stopped: boolean
}

/** Names one process for ever (of this boot). */
export const identityOf = ({ pid, startTicks }: ProcessInfo): string => `${pid}:${startTicks}`

/**
 * Ended meanwhile (a process that is just ending has no mounts: EINVAL), or hidden from this user. Any other failure is
 * one of the look itself: too many open files, no memory.
 */
const nothingToSee = new Set(["ENOENT", "ESRCH", "EINVAL", "EACCES", "EPERM"])

const orThrow = <A>(none: A, cause: unknown): A => {
  if (cause instanceof Error && "code" in cause && nothingToSee.has(String(cause.code))) return none
  throw cause
}

/** Throws when the look itself fails: that must never pass for "nothing is there" (LAW-1). */
export const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    return orThrow("", cause)
  }
}

/** Names in a folder of `/proc`. Throws as `read` does. */
export const namesIn = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch (cause) {
    return orThrow([], cause)
  }
}

/** The flag PF_KTHREAD of `include/linux/sched.h`. */
const kernelThread = 0x00200000

/** null: it does not exist (any more), is a zombie, or is a thread of the kernel's own, which can hold no file. */
export const processInfo = (pid: number): ProcessInfo | null => {
  const stat = read(`/proc/${pid}/stat`)
  // The name in parentheses may hold anything, so what follows counts from its last parenthesis.
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [flags, threads, startTicks] = [rest[2], rest[13], rest[15]]
  if (state === undefined || threads === undefined || startTicks === undefined) return null
  // On many a host more than half of all: to look at the files of each would double the time of a look.
  if ((Number(flags) & kernelThread) !== 0) return null
  // A first thread that ended is shown as a zombie while the others of its process work on.
  if ((state === "Z" && Number(threads) <= 1) || state === "X") return null
  const stopped = state === "T" || state === "t"
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), startTicks, stopped }
}

export const pids = (): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** A host that starts processes faster than they can be looked at is not waited for. */
const rounds = 10

/**
 * Looks at every process. Those that were started meanwhile are looked at too: else one could be missed that passes its
 * work on to a child and ends, between the listing and the look.
 */
export const everyProcess = <A>(look: (process: ProcessInfo) => A | null): ReadonlyArray<A> => {
  const seen = new Set<number>()
  const found: Array<A> = []
  for (let round = 0; round < rounds; round++) {
    const fresh = pids().filter((pid) => !seen.has(pid))
    if (fresh.length === 0) break
    for (const pid of fresh) {
      seen.add(pid)
      const info = processInfo(pid)
      const one = info === null ? null : look(info)
      if (one !== null) found.push(one)
    }
  }
  return found
}

/** A variable of the environment that a process was started with; null where it has none, hides it, or overwrote it. */
export const variableOf = (pid: number, name: string): string | null => {
  const entry = read(`/proc/${pid}/environ`)
    .split("\0")
    .find((one) => one.startsWith(`${name}=`))
  return entry?.slice(name.length + 1) ?? null
}

/** Of what the kernel shows to programs, on every architecture that Node runs on. */
const ticksPerSecond = 100

/** When a process of this boot started, ISO 8601; good to a second or two, since the host's clock may have been set. */
export const startedAt = (startTicks: string): string | undefined => {
  const [, boot] = /^btime (\d+)$/m.exec(read("/proc/stat")) ?? []
  if (boot === undefined) return undefined
  return new Date((Number(boot) + Number(startTicks) / ticksPerSecond) * 1000).toISOString()
}

export const bootId = (): string => read("/proc/sys/kernel/random/boot_id").trim()

export const commandOf = (pid: number): string => read(`/proc/${pid}/comm`).trim() || "?"

/** Deno reads no link whose target is not UTF-8, in any encoding. What it cannot read does exist: it must be seen. */
const isNotText = (cause: unknown): boolean => cause instanceof Error && cause.name === "InvalidData"

const readByTool = (path: string): string | null => {
  const { status, stdout, error } = spawnSync("readlink", ["-n", "--", path], {
    encoding: "utf8",
    env: toolEnvironment()
  })
  if (error !== undefined) throw error
  return status === 0 ? stdout : null
}

/**
 * Where a link of `/proc` leads, with U+FFFD for bytes that are not text; null: the process has ended, has none, or hides
 * it. Throws as `read` does.
 */
export const linkOf = (path: string): string | null => {
  try {
    return readlinkSync(path)
  } catch (cause) {
    return isNotText(cause) ? readByTool(path) : orThrow(null, cause)
  }
}

/** Throws where `/proc` is another PID namespace's: what it shows is then not what runs here. */
export const assertOwnProc = (): void => {
  const self = readlinkSync("/proc/self")
  if (self !== String(process.pid)) throw new Error(`it calls this process ${self} and not ${process.pid}`)
}
