/**
 * What is left of a command: the processes of its group, and those that have its mark in their environment, wherever they
 * went. Never a pid that somebody noted: that may be anybody's now.
 */
import { readFileSync } from "node:fs"
import { pids } from "../host/Proc.ts"

/** Names, in the environment of a command and of all that it starts, the attempt that it belongs to. */
export const markName = "LASTGOOD_TRY"

/** SIGTERM, SIGKILL after this long, given up after this long again (it waits for a disk that does not answer). */
const graceMs = 5000
const pollMs = 50

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** proc(5): state and process group are fields 3 and 5, behind the name in brackets, which may hold anything. */
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
    // It ended by itself meanwhile.
  }
}

/** Resolves when nothing is left, or what is cannot be ended. */
export const endRemnants = async (attempt: string, group: number | null): Promise<void> => {
  for (let waited = 0; waited < 2 * graceMs; waited += pollMs) {
    const left = remnants(attempt, group)
    if (left.length === 0) return
    // Once each: a program may take its time to end, and a second SIGTERM is for some a reason not to.
    if (waited === 0) for (const pid of left) signal(pid, "SIGTERM")
    if (waited >= graceMs) for (const pid of left) signal(pid, "SIGKILL")
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
