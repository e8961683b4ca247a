/**
 * Tools that a killed lastgood left running, and that keep its claim. What they do is of no use any more: whoever goes on
 * from the log does it again, from the start. So they are ended, and the app need not wait for them.
 *
 * A tool is known by its environment (`process/Tool.ts`), never by a pid that somebody noted: that may be anybody's now.
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { variableOf } from "../host/Proc.ts"
import { toolOf } from "../process/Tool.ts"
import { isLastgood } from "./ClaimHolder.ts"

/** The pid of the lastgood that started a process as its tool; null: it is no tool. */
const starterOf = (pid: number): number | null => {
  try {
    const starter = variableOf(pid, toolOf)
    return starter === null ? null : Number(starter)
  } catch {
    return null
  }
}

/** A pid that is somebody else's by now counts as alive: then the tool is waited for, which is safe. */
const isOrphan = (pid: number): boolean => {
  const starter = starterOf(pid)
  return starter !== null && !existsSync(`/proc/${starter}`) && !isLastgood(pid)
}

/** Which of the processes that have a lock are orphans: all or none, since a lastgood that lives has it beside its tools. */
export const orphansAmong = (lockers: ReadonlyArray<number>): ReadonlyArray<number> =>
  lockers.every(isOrphan) ? lockers : []

const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  // It may have ended by itself meanwhile.
  Effect.ignore(Effect.try({ try: () => process.kill(pid, name), catch: (cause) => cause }))

/** @param insist with SIGKILL: SIGTERM was of no use, or it is stopped. */
export const endOrphans = (pids: ReadonlyArray<number>, insist: boolean): Effect.Effect<void> =>
  Effect.forEach(pids, (pid) => signal(pid, insist ? "SIGKILL" : "SIGTERM"), { discard: true })
