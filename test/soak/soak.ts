/**
 * The soak: cycles of upgrades, failures and ways back on one app whose versions, data and snapshots grow, with kill -9
 * at random moments, and everything that lastgood promises looked at from outside after each. It stops at the first
 * broken promise and keeps the folder.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "@lastgood/testing/freePort"
import { ask, runToEnd, settled, Violation } from "./cycle.ts"
import { type Kill, randomKill } from "./kills.ts"
import {
  alertProblems,
  alwaysProblems,
  appProblems,
  asideProblems,
  type Good,
  leftoversIn,
  processProblems,
  witnessProblems
} from "./outside/checks.ts"
import { type Data, dataInFolder, sameData } from "./outside/data.ts"
import { dataOf, type Row, readLog } from "./outside/log.ts"
import { killAll } from "./outside/processes.ts"
import { type Random, seeded } from "./outside/random.ts"
import { type World, worldAt } from "./outside/world.ts"
import { type Model, makes, type Scenario, tagNext } from "./scenarios.ts"

export interface Soak {
  readonly cycles: number
  readonly seed: number
  readonly say: (line: string) => void
}

export interface Summary {
  readonly cycles: number
  readonly kills: Readonly<Record<string, number>>
  readonly scenarios: Readonly<Record<string, number>>
  /** The most entries that were seen in folders that must not grow for ever. */
  readonly most: Readonly<Record<string, number>>
  /** null: every promise was kept. */
  readonly violation: string | null
  /** Kept when there is a violation. */
  readonly home: string
}

const everyMake = makes.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

const chosen = async (world: World, model: Model, random: Random): Promise<Scenario> => {
  while (true) {
    const scenario = await everyMake[random.int(0, everyMake.length - 1)]?.(world, model, random)
    if (scenario) return scenario
  }
}

const count = (record: Record<string, number>, key: string, n = 1): void => {
  record[key] = (record[key] ?? 0) + n
}

/** A young one in releases/ or /tmp may belong to a call that still runs: lastgood leaves it for an hour. */
const ageLeftovers = (paths: ReadonlyArray<string>): void => {
  const longAgo = new Date(Date.now() - 2 * 3_600_000)
  for (const path of paths.filter((one) => /\/(releases|tmp)\/[^/]+$/.test(one))) utimesSync(path, longAgo, longAgo)
}

const assertNone = (problems: ReadonlyArray<string>): void => {
  if (problems.length > 0) throw new Violation(problems.join("\n"))
}

const snapshotsAfter = (world: World, model: Model, rows: ReadonlyArray<Row>, { known, unlogged }: Scenario) => {
  const forgets = unlogged !== undefined
  // What was pruned in a part of the log that is gone is told by the disk alone.
  const isThere = (id: string) => !forgets || existsSync(join(world.appDir, "snapshots", id))
  const snapshots = new Map([...model.snapshots].filter(([id]) => isThere(id)))
  for (const row of rows) {
    const data = dataOf(row)
    const id = String(data["snapshot"])
    const version = String(data["version"])
    const holds = known.get(version)
    // Adopted: on disk, of the part of the log that is gone.
    if (["SnapshotTaken", "SnapshotAdopted"].includes(row.type) && holds !== undefined)
      snapshots.set(id, { version, data: holds })
    if (row.type === "SnapshotPruned") snapshots.delete(id)
  }
  return snapshots
}

export const soak = async ({ cycles, seed, say }: Soak): Promise<Summary> => {
  const random = seeded(seed)
  const home = mkdtempSync(join(tmpdir(), "lastgood-soak-"))
  const world = worldAt({ home, port: await freePort() })
  const kills: Record<string, number> = {}
  const scenarios: Record<string, number> = {}
  const most: Record<string, number> = {}
  const summary = (done: number, violation: string | null): Summary => ({
    cycles: done,
    kills,
    scenarios,
    most,
    violation,
    home
  })
  let leftovers: ReadonlyArray<string> = []
  let done = 0

  const cycle = async (model: Model): Promise<Model> => {
    const row = `row of cycle ${done + 1}`
    await world.addRow(row)
    const blob = `blob-${random.int(1, 3)}`
    const blobs = { ...model.now.data.blobs, [blob]: world.addBlob(blob, random.int(1, 4_000_000)) }
    const data: Data = { ...model.now.data, rows: [...model.now.data.rows, row], blobs }
    const start: Model = { ...model, serial: model.serial + 1, now: { ...model.now, data } }

    const begin = readLog(world.log).length
    const scenario = await chosen(world, start, random)
    count(scenarios, scenario.name)
    const planned: ReadonlyArray<Kill> = Array.from(
      { length: Math.min(random.pick([0, 1, 1, 1, 2, 2, 3]), scenario.mostKills) },
      () => randomKill(random, scenario.kills)
    )
    const from = readLog(world.log).length
    const holds = (id: string, version: string) =>
      (start.snapshots.get(id) ?? start.unlogged.get(id))?.data ?? scenario.known.get(version)
    const always = () => assertNone(alwaysProblems(world, holds))
    if (scenario.automatic === true) world.configure("major")
    const began = performance.now()
    const {
      last,
      done: story,
      killed
    } = await ask(world, random, { command: scenario.command, kills: planned, from, always })
    for (const { mode } of killed) count(kills, mode)
    const line = `${String(done + 1).padStart(4)}  ${scenario.name.padEnd(20)} ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${story.join(", ")}`

    try {
      always()
      // An app that was killed in the middle of its health gate fails it; one that lastgood died in three times is given up.
      const lenient = killed.some(({ mode }) => mode === "everything") || killed.length >= 3
      const ends: ReadonlyArray<Good> = lenient ? [...scenario.ends, start.now] : scenario.ends
      assertNone(await appProblems(world, ends))
      assertNone(witnessProblems(world))
      assertNone(alertProblems(world))
      assertNone(processProblems(world))
      const rows = readLog(world.log).slice(begin)
      assertNone(asideProblems(rows, scenario.known))
      if (!lenient && !scenario.codes.includes(last.code ?? -1)) {
        throw new Violation(
          `the last run ended with ${last.code}, expected ${scenario.codes.join(" or ")}:\n${last.said}`
        )
      }
      // What a killed one left of a snapshot goes with the next snapshot, of a release with the next new version.
      const now = leftoversIn(world)
      const happened = (type: string) => rows.some((row) => row.type === type)
      const due = (path: string) => happened(path.includes("/releases/") ? "UpgradeAttempted" : "SnapshotTaken")
      const stay = now.filter((path) => leftovers.includes(path) && due(path))
      assertNone(stay.map((path) => `left over from an earlier cycle, and still there: ${path}`))
      ageLeftovers(now)
      leftovers = now
      for (const folder of ["snapshots", "releases", "aside", "staged"]) {
        const path = join(world.appDir, folder)
        const size = readdirSync(join(world.appDir)).includes(folder) ? readdirSync(path).length : 0
        most[folder] = Math.max(most[folder] ?? 0, size)
      }
      say(leftovers.length === 0 ? line : `${line}  (${leftovers.length} leftovers)`)
      const page = await world.page()
      const end = ends.find((good) => good.version === page?.version && sameData(good.data, dataInFolder(world.volume)))
      return {
        ...start,
        now: end ?? start.now,
        failed: new Set([...start.failed, ...(scenario.failed === undefined ? [] : [scenario.failed])]),
        unlogged: new Map([...start.unlogged, ...(scenario.unlogged === undefined ? [] : [scenario.unlogged])]),
        snapshots: snapshotsAfter(world, start, rows, scenario)
      }
    } catch (error) {
      say(line)
      throw error
    }
  }

  try {
    world.lay("manual")
    const first = tagNext(world, 0, random, {})
    const ended = await runToEnd(world, ["deploy", "demo"])
    if (ended.code !== 0) throw new Violation(`the first deploy: ${ended.said}`)
    let model: Model = {
      now: {
        version: first.version,
        data: { schema: first.behaviour.schema, rows: [first.behaviour.writes], blobs: {} }
      },
      snapshots: new Map(),
      unlogged: new Map(),
      failed: new Set(),
      serial: 0
    }
    for (; done < cycles; done += 1) {
      model = await cycle(model)
      world.configure("manual")
    }
    await settled(world)
    await killAll(home)
    rmSync(home, { recursive: true, force: true })
    return summary(done, null)
  } catch (error) {
    await killAll(home)
    return summary(
      done,
      error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)
    )
  }
}
