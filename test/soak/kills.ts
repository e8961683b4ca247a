/** Ways to end a lastgood at a random moment of its work. */
import { statSync } from "node:fs"
import { killAll, signal, toolsOf } from "./outside/processes.ts"
import type { Random } from "./outside/random.ts"
import { type Running, sleep, type World } from "./outside/world.ts"

/**
 * `alone`: kill -9 of lastgood; its tar or git goes on. `tree`: with all that it started, but the app. `freeze`: stopped
 * for a while, then killed. `everything`: the app too. `term`: asked to leave.
 */
export const modes = ["alone", "tree", "freeze", "everything", "term"] as const
export type Mode = (typeof modes)[number]

export interface Kill {
  readonly mode: Mode
  /** Once the log was written to so many times, or by the clock alone. */
  readonly writes: number | null
  readonly delayMs: number
  readonly frozenMs: number
}

export const randomKill = (random: Random, allowed: readonly [Mode, ...Array<Mode>]): Kill => {
  const byWrites = random.chance(0.75)
  return {
    mode: random.pick(allowed),
    writes: byWrites ? random.int(1, 30) : null,
    // Most of what is interesting happens within a moment of an intent or of its evidence.
    delayMs: byWrites
      ? random.pick([0, random.int(0, 20), random.int(0, 150), random.int(0, 600)])
      : random.int(0, 4000),
    frozenMs: random.int(20, 1500)
  }
}

export const textOf = ({ mode, writes, delayMs }: Kill): string =>
  `${mode}@${writes === null ? "" : `w${writes}+`}${delayMs}ms`

const stampOf = (world: World): string => {
  const of = (path: string) => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? "" : `${stat.size}/${stat.mtimeNs}`
  }
  return `${of(world.log)} ${of(`${world.log}-wal`)}`
}

/** @returns whether it ended before the moment came. */
export const waitFor = async (
  world: World,
  running: Running,
  { writes, delayMs }: Pick<Kill, "writes" | "delayMs">
): Promise<boolean> => {
  let ended = false
  void running.ended.then(() => {
    ended = true
  })
  if (writes !== null) {
    let stamp = stampOf(world)
    for (let seen = 0; seen < writes && !ended; ) {
      await sleep(2)
      const now = stampOf(world)
      if (now !== stamp) seen += 1
      stamp = now
    }
  }
  if (!ended) await Promise.race([sleep(delayMs), running.ended])
  return ended
}

/** Waits for the moment and kills. @returns whether there was something left to kill. */
export const kill = async (world: World, running: Running, what: Kill): Promise<boolean> => {
  if (await waitFor(world, running, what)) return false
  const pid = running.child.pid ?? 0
  switch (what.mode) {
    case "alone":
      signal(pid, "SIGKILL")
      break
    case "freeze":
      signal(pid, "SIGSTOP")
      await sleep(what.frozenMs)
      signal(pid, "SIGKILL")
      break
    case "tree":
      // Stopped first: what it would start in this moment is not missed.
      signal(pid, "SIGSTOP")
      for (const tool of [pid, ...toolsOf(pid)]) signal(tool, "SIGKILL")
      break
    case "everything":
      await killAll(world.home)
      break
    case "term":
      signal(pid, "SIGTERM")
  }
  const { code } = await running.ended
  return code === null || code === 130
}
