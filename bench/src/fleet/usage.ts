/** What a process and the programs that it ran used, from `/proc`. */
import { readFileSync } from "node:fs"

const ticksPerSecond = 100

/** Seconds of processor time of the process and of its ended children. */
export const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
}

export const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024

const commandLine = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "utf8")

/** The process of lastgood itself: if it was started with open descriptors or an old Node, it starts itself once more. */
export const workerOf = (pid: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number)
  return children.find((child) => child > 0 && commandLine(child).includes("lastgood.mjs\0")) ?? pid
}
