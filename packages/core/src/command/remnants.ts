/**
 * The remaining processes of a command: those in its process group, and those that have its mark in their environment,
 * wherever they moved. Never a recorded pid, which may have been reused.
 */
import { readFileSync } from "node:fs"
import { pids } from "../host/Proc.ts"

/** The environment variable that names the attempt. A command and every process that it starts have it. */
export const markName = "LASTGOOD_TRY"

/**
 * SIGKILL follows SIGTERM after this time. After the same time again lastgood gives up (the process waits for a disk
 * that does not respond).
 */
const graceMs = 5000
const pollMs = 50

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** proc(5): state and process group are fields 3 and 5. The name before them, in brackets, may contain anything. */
const isOfGroup = (pid: number, group: number): boolean => {
  const text = read(`/proc/${pid}/stat`)
  const [state, , pgrp] = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return state !== "Z" && pgrp === String(group)
}

const isMarked = (pid: number, attempt: string): boolean =>
  read(`/proc/${pid}/environ`).split("\0").includes(`${markName}=${attempt}`)

const remnants = (attempt: string, group: number | null): ReadonlyArray<number> =>
  pids().filter((pid) => pid !== process.pid && ((group !== null && isOfGroup(pid, group)) || isMarked(pid, attempt)))

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It ended in the meantime.
  }
}

/** Resolves when no process remains, or the remaining ones cannot be ended. */
export const endRemnants = async (attempt: string, group: number | null): Promise<void> => {
  for (let waited = 0; waited < 2 * graceMs; waited += pollMs) {
    const left = remnants(attempt, group)
    if (left.length === 0) return
    // Send each signal once: a program may take its time to end, and some treat a second SIGTERM as a reason not to.
    if (waited === 0) for (const pid of left) signal(pid, "SIGTERM")
    if (waited >= graceMs) for (const pid of left) signal(pid, "SIGKILL")
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
