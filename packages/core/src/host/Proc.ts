/**
 * The processes on this host, from `/proc`. A process that ends during the read counts as absent. A zombie can neither
 * write nor keep a file open, so it counts as ended.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { toolEnvironment } from "../process/environment.ts"

export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Clock ticks since boot. Together with the pid it identifies a process, even if the pid is reused. */
  readonly startTicks: string
  /** By SIGSTOP or a debugger. Until it continues, only SIGKILL reaches it. */
  readonly stopped: boolean
}

/** Identifies a process for the whole uptime of the host. */
export const identityOf = ({ pid, startTicks }: ProcessInfo): string => `${pid}:${startTicks}`

/**
 * The process has ended (one that is just ending has no mounts: EINVAL), or it is hidden from this user. Any other
 * failure is a failure of the read itself: too many open files, no memory.
 */
const nothingToSee = new Set(["ENOENT", "ESRCH", "EINVAL", "EACCES", "EPERM"])

const orThrow = <A>(none: A, cause: unknown): A => {
  if (cause instanceof Error && "code" in cause && nothingToSee.has(String(cause.code))) return none
  throw cause
}

/** Throws when the read itself fails: a failure must never look like "nothing is there" (LAW-1). */
export const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    return orThrow("", cause)
  }
}

/** Names in a folder of `/proc`. Throws like `read`. */
export const namesIn = (path: string): ReadonlyArray<string> => {
  try {
    return readdirSync(path)
  } catch (cause) {
    return orThrow([], cause)
  }
}

/** The flag PF_KTHREAD of `include/linux/sched.h`. */
const kernelThread = 0x00200000

/** null: the process does not exist (any more), is a zombie, or is a kernel thread, which cannot keep a file open. */
export const processInfo = (pid: number): ProcessInfo | null => {
  const stat = read(`/proc/${pid}/stat`)
  // The name in parentheses may contain anything, so fields are counted from the last parenthesis.
  const [state, parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [flags, threads, startTicks] = [rest[2], rest[13], rest[15]]
  if (state === undefined || threads === undefined || startTicks === undefined) return null
  // On many hosts these are more than half of all processes. Reading the files of each would double the time.
  if ((Number(flags) & kernelThread) !== 0) return null
  // When the first thread has ended, the process is shown as a zombie while its other threads still run.
  if ((state === "Z" && Number(threads) <= 1) || state === "X") return null
  const stopped = state === "T" || state === "t"
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), startTicks, stopped }
}

export const pids = (): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** The limit of rounds, for a host that starts processes faster than they can be read. */
const rounds = 10

/**
 * Visits every process, including those that started during the visit. Otherwise a process could be missed that passes
 * its work to a child and ends between the listing and the visit.
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

/** A variable of the environment that a process was started with; null: it is not set, hidden, or overwritten. */
export const variableOf = (pid: number, name: string): string | null => {
  const entry = read(`/proc/${pid}/environ`)
    .split("\0")
    .find((one) => one.startsWith(`${name}=`))
  return entry?.slice(name.length + 1) ?? null
}

/** How long the time of the boot is used, which moves when the host's clock is set. Reading it costs the kernel much. */
const bootTimeMs = 1000

let bootTime: { readonly seconds: number | null; readonly readAt: number } = { seconds: null, readAt: -bootTimeMs }

/** When the host was booted, in seconds since the epoch; null: not known. */
const bootedAt = (): number | null => {
  const now = performance.now()
  if (now - bootTime.readAt >= bootTimeMs) {
    const [, seconds] = /^btime (\d+)$/m.exec(read("/proc/stat")) ?? []
    bootTime = { seconds: seconds === undefined ? null : Number(seconds), readAt: now }
  }
  return bootTime.seconds
}

/** USER_HZ: what the kernel shows to programs, on every architecture that Node runs on. */
const ticksPerSecond = 100

/**
 * When a process of this boot started, ISO 8601. Accurate to a second or two, since the host's clock may have been set.
 */
export const startedAt = (startTicks: string): string | undefined => {
  const boot = bootedAt()
  return boot === null ? undefined : new Date((boot + Number(startTicks) / ticksPerSecond) * 1000).toISOString()
}

let knownBoot = ""

/** Of the host's present boot, which this process does not outlive. */
export const bootId = (): string => {
  if (knownBoot === "") knownBoot = read("/proc/sys/kernel/random/boot_id").trim()
  return knownBoot
}

export const commandOf = (pid: number): string => read(`/proc/${pid}/comm`).trim() || "?"

/** Deno cannot read a link whose target is not UTF-8, in any encoding. Such a target exists and must be seen. */
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
 * The target of a link of `/proc`, with U+FFFD for bytes that are not text; null: the process has ended, has no such
 * link, or hides it. Throws like `read`.
 */
export const linkOf = (path: string): string | null => {
  try {
    return readlinkSync(path)
  } catch (cause) {
    return isNotText(cause) ? readByTool(path) : orThrow(null, cause)
  }
}

/** Throws when `/proc` belongs to another PID namespace, so that it does not show the processes of this one. */
export const assertOwnProc = (): void => {
  const self = readlinkSync("/proc/self")
  if (self !== String(process.pid)) throw new Error(`it calls this process ${self} and not ${process.pid}`)
}
