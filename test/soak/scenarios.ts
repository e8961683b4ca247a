/** What a cycle of the soak asks of lastgood, and what may come of it. */
import { readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runToEnd, Violation } from "./cycle.ts"
import { type Mode, waitFor } from "./kills.ts"
import { type Good, processProblems, runsProblems } from "./outside/checks.ts"
import type { Data } from "./outside/data.ts"
import { copyLog, dataOf, goBackTo, readLog } from "./outside/log.ts"
import { killAll, signal } from "./outside/processes.ts"
import type { Random } from "./outside/random.ts"
import { currentSnapshot } from "./outside/snapshot.ts"
import { after, type Behaviour, sleep, type World } from "./outside/world.ts"

/** What the harness knows of the app, from what it wrote itself and what each version is made to do. */
export interface Model {
  readonly now: Good
  /** The whole snapshots that lastgood says it has, oldest first, with what they must hold. */
  readonly snapshots: ReadonlyMap<string, Good>
  /** Snapshots that are on disk and that the log has forgotten. */
  readonly unlogged: ReadonlyMap<string, Good>
  /** Versions that were never healthy or were rolled back, although there may be a snapshot of their data. */
  readonly failed: ReadonlySet<string>
  /** Of the newest tag: each is newer than all before, and so is its schema. */
  readonly serial: number
}

export interface Scenario {
  readonly name: string
  readonly command: ReadonlyArray<string>
  /** Where the app may be in the end. */
  readonly ends: ReadonlyArray<Good>
  /** Data that snapshots taken and data set aside in this cycle may hold, by version. */
  readonly known: ReadonlyMap<string, Data>
  readonly kills: readonly [Mode, ...Array<Mode>]
  readonly mostKills: number
  /** Exit codes of a last run that nothing disturbed. */
  readonly codes: ReadonlyArray<number>
  /** The reconciler takes upgrades by itself. */
  readonly automatic?: boolean
  /** A snapshot that was taken and that the log does not know of any more. */
  readonly unlogged?: readonly [id: string, good: Good] | undefined
  /** A version that was tried on the way and was never healthy, or that an operator went back from. */
  readonly failed?: string
}

type Make = (world: World, model: Model, random: Random) => Promise<Scenario | null>

const any: readonly [Mode, ...Array<Mode>] = ["alone", "alone", "tree", "tree", "freeze", "everything", "term"]
/** Those that leave the app alone. */
const gentle: readonly [Mode, ...Array<Mode>] = ["alone", "tree", "freeze", "term"]

/** Tags a version that is newer than all. `step`: where a cycle needs a second one. */
export const tagNext = (world: World, serial: number, random: Random, over: Partial<Behaviour>, step = 0) => {
  const schema = 2 * serial + 1 + step
  const version = `${Math.floor(schema / 50) + 1}.${schema % 50}.${random.int(0, 9)}+1.${schema}.0`
  const behaviour: Behaviour = {
    schema,
    start: "runs",
    health: 200,
    writes: `written by ${version}`,
    slowStop: random.pick([0, 0, random.int(0, 400)]),
    ...over
  }
  world.tag(version, behaviour)
  return { version, behaviour }
}

const upgradeTo =
  (name: string, over: Partial<Behaviour>, good: boolean, automatic = false): Make =>
  async (world, model, random) => {
    const { version, behaviour } = tagNext(world, model.serial, random, over)
    const to: Good = { version, data: after(model.now.data, behaviour) }
    return {
      name,
      command: automatic ? ["reconcile", "--once"] : ["upgrade", "demo", "--to", version],
      ends: good ? [to] : [model.now],
      known: new Map([
        [model.now.version, model.now.data],
        [version, to.data]
      ]),
      kills: any,
      mostKills: 3,
      codes: good ? [0] : [0, 3],
      automatic
    }
  }

const staying =
  (name: string, ...command: ReadonlyArray<string>): Make =>
  async (_world, { now }) => ({
    name,
    command,
    ends: [now],
    known: new Map([[now.version, now.data]]),
    kills: any,
    mostKills: 3,
    codes: [0]
  })

/**
 * An operator's rollback: to the newest snapshot of another version, or to the newest of all. If that is
 * of a version that never worked, the operator names another one.
 */
const back =
  (name: "rollback" | "restore"): Make =>
  async (_world, { now, snapshots, failed }) => {
    const all = [...snapshots].reverse().filter(([, { version }]) => name === "restore" || version !== now.version)
    const [id, target] = all.find(([, { version }]) => !failed.has(version)) ?? []
    if (id === undefined || target === undefined) return null
    // A version that an operator went back from is not what the next `rollback` means either.
    const left = now.data.schema > target.data.schema ? { failed: now.version } : {}
    return {
      ...left,
      name,
      command: id === all[0]?.[0] ? [name, "demo"] : [name, "demo", "--snapshot", id],
      ends: [target],
      known: new Map([[now.version, now.data]]),
      kills: any,
      mostKills: 3,
      codes: [0]
    }
  }

/** Its processes have ended, as after a reboot. */
const died: Make = async (world, model, random) => {
  await killAll(world.home)
  return random.chance(0.5)
    ? staying("died", "deploy", "demo")(world, model, random)
    : staying("died", "reconcile", "--once")(world, model, random)
}

/** Flips one bit in the middle of the newest snapshot's archive. */
const flipBit = (world: World): void => {
  const file = join(realpathSync(join(world.appDir, "snapshot")), "volumes", "data.tar")
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

/**
 * A version fails, and the snapshot for the rollback is damaged meanwhile: the app is left down (LAW-2, LAW-3).
 * The snapshot is repaired, and the operator uses one of the remedies.
 */
const leftDown: Make = async (world, model, random) => {
  const { version, behaviour } = tagNext(world, model.serial, random, { health: 500 })
  const harmed = after(model.now.data, behaviour)
  const from = readLog(world.log).length
  const running = world.start("upgrade", "demo", "--to", version)
  const deployed = () =>
    readLog(world.log)
      .slice(from)
      .some(({ type }) => type === "Deployed")
  for (let waited = 0; !deployed(); waited += 5) {
    if (waited > 60_000) throw new Violation(`${version} was not deployed: ${(await running.ended).said}`)
    await sleep(5)
  }
  flipBit(world)
  const killed = random.chance(0.5)
  if (killed) {
    await sleep(random.int(0, 4000))
    signal(running.child.pid ?? 0, "SIGKILL")
  }
  const ended = await running.ended
  const { code, said } = killed ? await runToEnd(world, ["reconcile", "--once"]) : ended
  if (!killed && code !== 4) throw new Violation(`a damaged snapshot ended with ${code}, expected 4:\n${said}`)
  const left = processProblems(world, false)
  if (left.length > 0) throw new Violation(`left down on purpose: ${left.join("; ")}`)
  flipBit(world)
  const known: Array<[string, Data]> = [
    [model.now.version, model.now.data],
    [version, harmed]
  ]
  const way = random.pick(["restore", "rollback", "deploy"])
  const common = { name: `left down, ${way}`, mostKills: 2, codes: [0], kills: gentle }
  if (way !== "deploy") return { ...common, command: [way, "demo"], ends: [model.now], known: new Map(known) }
  const mended = tagNext(world, model.serial, random, {}, 1)
  const data = after(harmed, mended.behaviour)
  return {
    ...common,
    command: ["deploy", "demo", "--to", mended.version],
    ends: [{ version: mended.version, data }],
    failed: version,
    known: new Map([...known, [mended.version, data]])
  }
}

/**
 * The log is taken back to an older copy, of any moment of an upgrade that went on after it (LAW-16). Whatever would build
 * on what that log believes is refused and touches nothing, until the operator says that what runs is meant.
 */
const olderLog: Make = async (world, model, random) => {
  let copy = world.at("older.db")
  const meanwhile = world.at("meanwhile.db")
  const { version, behaviour } = tagNext(world, model.serial, random, {})
  const to: Good = { version, data: after(model.now.data, behaviour) }
  const writes = random.pick([0, 0, random.int(1, 30)])
  // Of before, where the upgrade ends before the moment comes.
  let had = await copyLog(world.log, copy)
  const running = world.start("upgrade", "demo", "--to", version)
  const ended = await waitFor(world, running, { writes: writes === 0 ? null : writes, delayMs: random.int(0, 150) })
  if (writes > 0 && !ended) {
    const from = had
    const events = await copyLog(world.log, meanwhile)
    // From `tidy` on the log knows of everything that is left of the attempt.
    const isOver = readLog(meanwhile)
      .slice(from)
      .some((row) => row.type === "StepStarted" && dataOf(row)["step"] === "tidy")
    if (!isOver) {
      copy = meanwhile
      had = events
    }
  }
  const { code, said } = await running.ended
  if (code !== 0) throw new Violation(`the upgrade ended with ${code}, expected 0:\n${said}`)
  const took = currentSnapshot(world.appDir)
  const all = readLog(world.log).length
  goBackTo(world.log, copy)

  const { version: next } = tagNext(world, model.serial, random, {}, 1)
  const starts = world.starts().length
  for (const command of [
    ["upgrade", "demo", "--to", next],
    ["snapshot", "demo"],
    ["deploy", "demo"],
    ["reconcile", "--once"]
  ]) {
    const { code, said } = await runToEnd(world, command)
    const isPass = command[0] === "reconcile"
    const text = `on a log of ${had} of ${all} events, ${command.join(" ")}`
    if (code !== 5 && !(isPass && (code === 0 || code === 1)))
      throw new Violation(`${text} ended with ${code}:\n${said}`)
    const wrong = await runsProblems(world, [to])
    if (wrong.length > 0) throw new Violation(`${text}: ${wrong.join("; ")}`)
    if (world.starts().length !== starts) throw new Violation(`${text} started the app again`)
  }
  return {
    name: "older log",
    command: ["promote", "demo"],
    ends: [to],
    known: new Map([
      [model.now.version, model.now.data],
      [version, to.data]
    ]),
    kills: gentle,
    mostKills: 2,
    codes: [0],
    failed: next,
    unlogged: took !== null && "id" in took ? [took.id, model.now] : undefined
  }
}

export const makes: ReadonlyArray<readonly [weight: number, Make]> = [
  [6, upgradeTo("upgrade", {}, true)],
  [2, upgradeTo("upgrade by reconcile", {}, true, true)],
  [5, upgradeTo("harms", { health: 500 }, false)],
  [1, upgradeTo("harms by reconcile", { health: 500 }, false, true)],
  [3, upgradeTo("exits", { start: "exits" }, false)],
  [3, back("rollback")],
  [2, back("restore")],
  [2, staying("snapshot", "snapshot", "demo")],
  [1, staying("promote", "promote", "demo")],
  [1, staying("promote with a snapshot", "promote", "demo", "--snapshot")],
  [1, staying("reconcile", "reconcile", "--once")],
  [2, died],
  [2, leftDown],
  [2, olderLog]
]
