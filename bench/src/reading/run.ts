/** Runs a program to its end and measures it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, readdirSync, readFileSync } from "node:fs"

/** With descriptors that a caller's shell left open, lastgood starts itself once more (LAW-17). */
for (const fd of readdirSync("/proc/self/fdinfo").filter((name) => Number(name) > 2)) {
  try {
    const [, flags = "0"] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? []
    if ((Number.parseInt(flags, 8) & 0o2000000) === 0) closeSync(Number(fd))
  } catch {
    // Closed meanwhile: it was the listing's own.
  }
}

export interface Measured {
  readonly seconds: number
  /** Processor time, in seconds. */
  readonly cpu: number
  /** The most memory that it had at a time, in bytes. */
  readonly memory: number
  readonly code: number
}

const ticksPerSecond = 100

/** Of the ended children of this process. */
const cpuOfChildren = (): number => {
  const stat = readFileSync("/proc/self/stat", "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields.slice(13, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
}

/** 0: it has ended. */
const memoryOf = (pid: number | undefined): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** One program at a time: processor time is told for all that have ended. Its output goes to `/dev/null`. */
export const run = async (program: string, args: ReadonlyArray<string>): Promise<Measured> => {
  const before = cpuOfChildren()
  const start = performance.now()
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] })
  let memory = 0
  const watch = setInterval(() => {
    memory = Math.max(memory, memoryOf(child.pid))
  }, 20)
  const [code] = await once(child, "exit")
  clearInterval(watch)
  return { seconds: (performance.now() - start) / 1000, cpu: cpuOfChildren() - before, memory, code: Number(code) }
}

export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
