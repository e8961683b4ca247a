/**
 * Tools that a killed lastgood left running, and that keep its claim. Their work is useless, since the process that
 * resumes from the log starts it again. So lastgood ends them instead of waiting.
 *
 * A tool is recognized by its environment (`process/Tool.ts`), never by a recorded pid, which may have been reused.
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { variableOf } from "../host/Proc.ts"
import { toolOf } from "../process/Tool.ts"
import { isLastgood } from "./ClaimHolder.ts"

/** The pid of the lastgood that started a process as its tool; null: the process is not a tool. */
const starterOf = (pid: number): number | null => {
  try {
    const starter = variableOf(pid, toolOf)
    return starter === null ? null : Number(starter)
  } catch {
    return null
  }
}

/** A pid that was reused counts as alive. Then the tool is waited for, which is safe. */
const isOrphan = (pid: number): boolean => {
  const starter = starterOf(pid)
  return starter !== null && !existsSync(`/proc/${starter}`) && !isLastgood(pid)
}

/**
 * The orphans among the processes that have a lock: all or none, since a live lastgood has the lock beside its tools.
 */
export const orphansAmong = (lockers: ReadonlyArray<number>): ReadonlyArray<number> =>
  lockers.every(isOrphan) ? lockers : []

const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  // It may have ended in the meantime.
  Effect.ignore(Effect.try({ try: () => process.kill(pid, name), catch: (cause) => cause }))

/** @param insist use SIGKILL, because SIGTERM had no effect or the process is stopped. */
export const endOrphans = (pids: ReadonlyArray<number>, insist: boolean): Effect.Effect<void> =>
  Effect.forEach(pids, (pid) => signal(pid, insist ? "SIGKILL" : "SIGTERM"), { discard: true })
