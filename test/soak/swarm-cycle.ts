/** One cycle: a version, lastgood killed on its way at random times, and what must hold when it was let finish. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { mentioning } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { type Behaviour, type Ran, sleep, until, v1, type World } from "../e2e/swarm/world.ts"
import type { Random } from "./swarm-random.ts"

/** What the app must be. */
interface Good {
  readonly version: string
  readonly schema: number
  readonly rows: ReadonlyArray<string>
  readonly jobs: ReadonlyArray<string>
}

type Kind = "works" | "is not healthy" | "does not start" | "works, and is rolled back"

const kinds = ["works", "works", "is not healthy", "does not start", "works, and is rolled back"] as const

/** After the program, and none of what it started, is killed, its tools may hold the claim for a moment. */
const locked = 75

export const makeSoak = async (world: World, random: Random) => {
  let good: Good = { version: v1, schema: 1, rows: [], jobs: ["job of 1"] }
  let alerts = 0
  let killed = 0
  let ran = 0
  let longestMs = 20_000
  const count = new Map<Kind, number>()

  const ends = async () => (await world.log()).events.filter(({ type }) => type === "AttemptEnded").length

  /** Runs it to its end, killing it at random on the way. */
  const killing = async (args: ReadonlyArray<string>, again: boolean): Promise<Ran> => {
    const before = await ends()
    let kills = random.one([0, 1, 1, 1, 2])
    while (true) {
      const child = world.start(args)
      ran++
      const begin = Date.now()
      const delay = random.next() * longestMs
      const timer = kills-- > 0 ? setTimeout(() => child.signal("SIGKILL"), delay) : undefined
      const ended = await child.ended
      clearTimeout(timer)
      if (ended.code === null) killed++
      else if (ended.code !== locked) {
        longestMs = Math.max(longestMs, Math.min(60_000, Date.now() - begin))
        return ended
      } else await sleep(500)
      // A second `rollback` would return to an even older version.
      if (!again && (await ends()) > before) return { code: 0, said: "" }
    }
  }

  const expectApp = async () => {
    assert.deepEqual(await world.page(), { version: good.version, schema: good.schema, rows: good.rows })
    assert.deepEqual(await world.jobs(), good.jobs)
    assert.equal(await world.lastGood(), good.version)
    assert.deepEqual(
      world.starts.filter(({ schema, found }) => schema < found),
      [],
      "old code was started on new data"
    )
    assert.equal((await world.alerts()).length, alerts, "alerts")
    assert.deepEqual((await world.log()).problems, [])
    const all = (...keys: ReadonlyArray<string>) => keys.map((key) => `${world.stack}_${key}`)
    const onSwarm = world.runtime !== "compose"
    assert.deepEqual(await world.objects(), {
      services: all("web", "worker"),
      containers: ["running", "running"],
      networks: all("inner"),
      volumes: world.inFolder ? all("data") : all("data", "jobs"),
      configs: onSwarm ? all("web", "worker") : [],
      secrets: onSwarm ? all("token") : []
    })
    // Of a single file, what lastgood remembers of it is beside it.
    if (world.inFolder) assert.deepEqual(await world.namesIn("app"), [".lastgood", "jobs", "state"])
    await until("a process is left", async () => (await Effect.runPromise(mentioning(world.home))).length === 0)
  }

  const addRow = async (row: string) => {
    await world.addRow(row)
    good = { ...good, rows: [...good.rows, row] }
  }

  await world.tag(v1)
  const first = await world.lastgood(["deploy", "demo"])
  assert.equal(first.code, 0, first.said)
  await expectApp()

  const cycle = async (number: number): Promise<string> => {
    const begin = Date.now()
    const kind = random.one(kinds)
    count.set(kind, (count.get(kind) ?? 0) + 1)
    const killedBefore = killed
    await addRow(`row-${number}`)
    const schema = good.schema + random.one([0, 1, 1])
    const version = `1.${number}.0+1.${number}.0`
    const migrates = schema > good.schema
    const writes = `by-${number}`
    const behaviour: Behaviour = {
      schema,
      writes,
      start: kind === "does not start" ? "exits" : "runs",
      health: kind === "is not healthy" ? 500 : 200
    }
    await world.tag(version, behaviour)
    const before = good
    const works = kind === "works" || kind === "works, and is rolled back"
    const upgraded = await killing(["upgrade", "demo"], true)
    // Killed after its end and asked again: nothing to do, or quarantined.
    assert.ok((works ? [0] : [3, 5]).includes(upgraded.code ?? -1), `cycle ${number}, ${kind}: ${upgraded.said}`)
    if (works) {
      good = {
        version,
        schema,
        rows: migrates ? [...good.rows, writes] : good.rows,
        jobs: migrates ? [...good.jobs, `job of ${schema}`] : good.jobs
      }
    } else alerts++
    await expectApp()
    if (kind === "works, and is rolled back") {
      const back = await killing(["rollback", "demo"], false)
      assert.equal(back.code, 0, `cycle ${number}, rollback: ${back.said}`)
      good = before
      await expectApp()
    }
    const seconds = Math.round((Date.now() - begin) / 1000)
    return `cycle ${number}: ${version} ${kind}; killed ${killed - killedBefore} times; ${good.version} in ${seconds} s`
  }

  /** Only what is kept on purpose lies under the root and beside the volumes. */
  const expectTidy = async () => {
    await sleep(1100)
    const last = await world.lastgood(["snapshot", "demo"])
    assert.equal(last.code, 0, last.said)
    await expectApp()
    assert.ok((await world.namesIn("root", "demo", "snapshots")).length <= 3, "snapshots beyond `keep`")
    for (const key of world.inFolder ? ["data"] : ["data", "jobs"]) {
      // The marks of its data stay.
      const beside = join(await world.volume(key), "..")
      const { stdout } = await execa("find", [
        ...[beside, join(beside, ".lastgood"), "-mindepth", "1", "-maxdepth", "1"],
        ...["!", "-name", "_data", "!", "-name", ".lastgood", "!", "-name", "marks"]
      ])
      assert.equal(stdout, "", "beside a volume")
    }
    if (world.inFolder) assert.deepEqual(await world.namesIn("app", ".lastgood"), ["marks"])
    const hidden = await execa("find", [
      world.at("root"),
      "-name",
      ".*",
      "-o",
      "-name",
      "tree",
      "-o",
      "-name",
      "unpacking"
    ])
    assert.equal(hidden.stdout, "")
    const verified = await world.lastgood(["verify", "demo"])
    assert.equal(verified.code, 0, verified.said)
  }

  const summary = () =>
    `${[...count].map(([kind, times]) => `${times} × ${kind}`).join(", ")}; lastgood ran ${ran} times and was killed ${killed} times`

  return { cycle, expectTidy, summary }
}
