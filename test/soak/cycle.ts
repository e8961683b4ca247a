/** One cycle: something is asked of lastgood, it is killed on the way, and asked again until it is done. */

import { type Kill, kill, textOf } from "./kills.ts"
import { dataOf, type Row, readLog } from "./outside/log.ts"
import type { Random } from "./outside/random.ts"
import { type Ended, sleep, type World } from "./outside/world.ts"

/** How long tools that outlive a killed lastgood may keep others away. */
const lockedMs = 60_000
/** lastgood does not end by itself within this time: it hangs. */
const hangMs = 120_000

const busy = 75

export class Violation extends Error {}

/** Runs a command to its end. Another's claim ends by itself. */
export const runToEnd = async (world: World, command: ReadonlyArray<string>): Promise<Ended> => {
  for (let waited = 0; ; waited += 200) {
    const running = world.start(...command)
    let hangs: NodeJS.Timeout | undefined
    const never = new Promise<null>((resolve) => {
      hangs = setTimeout(() => resolve(null), hangMs)
    })
    const ended = await Promise.race([running.ended, never])
    clearTimeout(hangs)
    if (ended === null) throw new Violation(`lastgood ${command.join(" ")} does not end`)
    if (ended.code !== busy) return ended
    if (waited > lockedMs) throw new Violation(`the claim of a dead lastgood does not end: ${ended.said}`)
    await sleep(200)
  }
}

/** How far the attempt of this cycle is, by the log. */
export const progressOf = (rows: ReadonlyArray<Row>): "not begun" | "in flight" | "ended" => {
  let state: ReturnType<typeof progressOf> = "not begun"
  for (const row of rows) {
    if (row.type.endsWith("Attempted")) state = "in flight"
    if (row.type === "RollbackStarted" && dataOf(row)["by"] === "operator") state = "in flight"
    if (row.type === "AttemptEnded") state = "ended"
  }
  return state
}

const finish = ["reconcile", "--once"]

export interface Asked {
  readonly command: ReadonlyArray<string>
  readonly kills: ReadonlyArray<Kill>
  /** The log's length when the cycle began. */
  readonly from: number
  /** Throws when what holds at any instant does not. */
  readonly always: () => void
}

export interface Outcome {
  readonly last: Ended
  /** What was done to it, for people. */
  readonly done: ReadonlyArray<string>
  readonly killed: ReadonlyArray<Kill>
}

export const ask = async (world: World, random: Random, { command, kills, from, always }: Asked): Promise<Outcome> => {
  const done: Array<string> = []
  const killed: Array<Kill> = []
  let current = command
  for (const one of kills) {
    const hit = await kill(world, world.start(...current), one)
    done.push(`${hit ? "" : "missed "}${textOf(one)}`)
    if (hit) killed.push(one)
    always()
    switch (progressOf(readLog(world.log).slice(from))) {
      case "not begun":
        // The app may have been killed too: what is asked of a running app can be asked only when it runs again.
        if ((await world.page()) === null) await settled(world)
        break
      case "in flight":
        current = random.chance(0.5) ? command : finish
        break
      case "ended":
        current = finish
    }
    if (current === finish) world.configure("manual")
  }
  const last = await runToEnd(world, current)
  done.push(`${current === finish ? "reconcile" : "again"} → ${last.code}`)
  // An app that was killed in its health gate is recovered by the next pass; alerts are delivered by each.
  if (current !== finish || killed.some(({ mode }) => mode === "everything")) await settled(world)
  return { last, done, killed }
}

/** A pass of the reconciler that takes no upgrade: finishes, brings back what does not run, delivers alerts. */
export const settled = async (world: World): Promise<void> => {
  world.configure("manual")
  await runToEnd(world, finish)
}
