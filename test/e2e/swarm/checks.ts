/** What must hold of a world on an engine after a fault, looked at from outside. */
import assert from "node:assert/strict"
import { lstat, readFile } from "node:fs/promises"
import { join } from "node:path"
import { mentioning } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { until, v1, v2, type World } from "./world.ts"

export interface Data {
  readonly version: string
  readonly schema: number
  readonly rows: ReadonlyArray<string>
  readonly jobs: ReadonlyArray<string>
}

/** What each version's data is, exactly, in both volumes: 1.1.0 migrates one way and adds a row. */
export const old: Data = { version: v1, schema: 1, rows: ["a"], jobs: ["job of 1"] }
export const upgraded: Data = { version: v2, schema: 2, rows: ["a", "written by 2"], jobs: ["job of 1", "job of 2"] }

/**
 * Version and data of both services, and nothing of Docker's beyond them.
 *
 * @param counts an engine that was killed keeps the containers that ended with it, as it keeps those of failed tasks.
 */
export const expectApp = async (world: World, { jobs, ...page }: Data, counts = (_state: string) => true) => {
  assert.deepEqual(await world.page(), page)
  assert.deepEqual(await world.jobs(), jobs)
  assert.equal(await world.lastGood(), page.version)
  const all = (...keys: ReadonlyArray<string>) => keys.map((key) => `${world.stack}_${key}`)
  // Its configs and secrets are files that are mounted.
  const isCompose = world.runtime === "compose"
  const { containers, ...objects } = await world.objects()
  assert.deepEqual(
    { ...objects, containers: containers.filter(counts) },
    {
      services: all("web", "worker"),
      containers: ["running", "running"],
      networks: all("inner"),
      volumes: world.inFolder ? all("data") : all("data", "jobs"),
      configs: isCompose ? [] : all("web", "worker"),
      secrets: isCompose ? [] : all("token")
    }
  )
}

/** Nothing is there but the volumes, if there were any. */
export const expectDown = async (world: World) => {
  const { volumes: _, ...rest } = await world.objects()
  assert.deepEqual(Object.values(rest).flat(), [])
}

/** LAW-2, by what the app told itself: no version ever started on data of a newer schema. */
export const expectNoOldCodeOnNewData = ({ starts }: World) =>
  assert.deepEqual(
    starts.filter(({ schema, found }) => schema < found),
    []
  )

/** LAW-4 and LAW-6, by tar and cksum alone: every snapshot on disk is whole, one is current, the log's chain holds. */
export const expectSafe = async (world: World) => {
  const { events, problems } = await world.log()
  assert.deepEqual(problems, [])
  for (const id of await world.namesIn("root", "demo", "snapshots")) {
    const folder = world.at("root", "demo", "snapshots", id)
    const meta = JSON.parse(await readFile(join(folder, "meta.json"), "utf8"))
    assert.deepEqual(Object.keys(meta.archives).toSorted(), meta.volumes.toSorted(), id)
    for (const { file, bytes, crc } of Object.values<{ file: string; bytes: number; crc: string }>(meta.archives)) {
      const { stdout } = await execa("cksum", [join(folder, file)])
      assert.equal(stdout.split(" ").slice(0, 2).join(" "), `${crc} ${bytes}`)
      await execa("tar", ["-tf", join(folder, file)])
    }
  }
  if (events.some(({ type }) => type === "SnapshotTaken")) {
    assert.ok((await lstat(world.at("root", "demo", "snapshot"))).isSymbolicLink(), "there is always one")
    await readFile(world.at("root", "demo", "snapshot", "meta.json"))
  }
  return events
}

/** All attempts ended, and what they work in did not outlive them: neither files nor processes. */
export const expectSettled = async (world: World) => {
  const events = await expectSafe(world)
  const count = (pattern: RegExp) => events.filter(({ type }) => pattern.test(type)).length
  assert.ok(count(/^AttemptEnded$/) >= count(/Attempted$/), "every attempt ended")
  const trees = ["(", "-name", "tree", "-o", "-name", "unpacking", "-o", "-name", "*.tmp", ")"]
  const { volumes } = await world.objects()
  if (count(/^DataRemoved$/) > 0) assert.deepEqual(volumes, [])
  const isRemoved = count(/^AppRemoved$/) > 0 && volumes.length === 0
  const keys = isRemoved ? [] : ["data", "jobs"]
  const beside = await Promise.all(keys.map(async (key) => join(await world.volume(key), "..")))
  for (const folder of [world.at("root", "demo"), ...beside]) {
    const { stdout } = await execa("find", [folder, ...trees])
    assert.equal(stdout, "", folder)
  }
  const hidden = await execa("find", [world.at("root", "demo"), "-mindepth", "1", "-maxdepth", "2", "-name", ".*"])
  assert.equal(hidden.stdout, "")
  await until(
    "a process of lastgood is left",
    async () => (await Effect.runPromise(mentioning(world.home))).length === 0
  )
}
