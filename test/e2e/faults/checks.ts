/** What must hold after every cell of the fault matrix, looked at from outside. */

import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { expectApp, expectNoOldCodeOnNewData, expectNoStrayProcess, expectWholeLog } from "../expect.ts"
import { v1, v2, type World } from "../harness.ts"
import type { Ending, Way } from "./ways.ts"

/** What each version's data is, exactly: 1.1.0 migrates one way and adds a row. */
const dataOf = (way: Way) => ({
  old: { version: v1, schema: 1, rows: way.before === "nothing" ? [] : ["a"] },
  new: { version: v2, schema: 2, rows: ["a", "written by 2"] }
})

interface KeptArchive {
  readonly file: string
  readonly bytes: number
  readonly crc: string
  readonly mirror?: string
  readonly manifest?: string
}

/** The archive is not made yet: the mirror has a tree, and the manifest that the snapshot names, or it is that subvolume. */
const expectMirror = Effect.fnUntraced(function* (world: World, id: string, { manifest, mirror = "" }: KeptArchive) {
  const home = world.at("root", "demo", mirror)
  assert.strictEqual(yield* world.textOf("root", "demo", mirror, "for"), id)
  assert.isTrue(existsSync(join(home, "tree")))
  if (manifest?.startsWith("btrfs:") === true) {
    const { stdout } = yield* run("btrfs", ["subvolume", "show", join(home, "tree")])
    assert.match(stdout, /Flags:\s+readonly/)
    assert.include(stdout, manifest.split(":")[1] ?? "none")
    return
  }
  const { stdout } = yield* run("cksum", [join(home, "manifest")])
  assert.strictEqual(stdout.split(" ")[0], manifest)
})

/** LAW-4, by tar and cksum alone: every snapshot on disk has the archives that its meta.json promises, to the bit. */
const expectWholeSnapshots = Effect.fnUntraced(function* (world: World) {
  for (const id of yield* world.namesIn("root", "demo", "snapshots")) {
    const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshots", id, "meta.json")) ?? "null")
    assert.deepStrictEqual(Object.keys(meta?.archives ?? {}), meta?.volumes, `${id} is whole`)
    for (const archive of Object.values<KeptArchive>(meta.archives)) {
      if (archive.mirror !== undefined) {
        yield* expectMirror(world, id, archive)
        continue
      }
      const file = world.at("root", "demo", "snapshots", id, archive.file)
      const { stdout } = yield* run("cksum", [file])
      assert.strictEqual(stdout.split(" ").slice(0, 2).join(" "), `${archive.crc} ${archive.bytes}`)
      yield* run("tar", ["-tf", file])
    }
  }
})

/** The snapshot that `<app>/snapshot` points to is there whenever the log knows one. */
const expectOneSnapshot = Effect.fnUntraced(function* (world: World) {
  const { events } = yield* world.log
  if (!events.some(({ type }) => type === "SnapshotTaken")) return
  assert.isNotNull(yield* world.textOf("root", "demo", "snapshot", "meta.json"), "there is always one")
})

/** What an attempt works in and must not outlive it: trees that were unpacked, folders that are being filled. */
const expectNothingHalfDone = Effect.fnUntraced(function* (world: World) {
  const demo = world.at("root", "demo")
  const trees = ["(", "-name", "tree", "-o", "-name", "unpacking", ")", "-path", "*/staged/*"]
  assert.strictEqual((yield* run("find", [demo, ...trees])).stdout, "")
  // The marks beside the data stay, alone in their folder.
  const own = join(demo, "volumes", ".lastgood")
  const hidden = yield* run("find", [demo, "-mindepth", "1", "-maxdepth", "2", "-name", ".*", "-not", "-path", own])
  assert.strictEqual(hidden.stdout, "")
  if (existsSync(own))
    assert.strictEqual((yield* run("find", [own, "-printf", "%P "])).stdout, " marks marks/data.json ")
  const temporary = yield* run("find", [demo, "-mindepth", "1", "-maxdepth", "3", "-name", "*.tmp"])
  assert.strictEqual(temporary.stdout, "")
})

/** Right after a kill, before anybody repaired anything. */
export const expectSafe = Effect.fnUntraced(function* (world: World) {
  yield* expectWholeSnapshots(world)
  yield* expectOneSnapshot(world)
  yield* expectWholeLog(world)
})

/** The data that a restore replaced is kept, once, as the version before left it (LAW-3). */
const expectSetAside = Effect.fnUntraced(function* (world: World, events: ReadonlyArray<{ readonly type: string }>) {
  if (!events.some(({ type }) => type === "DataSetAside")) return
  const attempts = yield* world.namesIn("root", "demo", "aside")
  assert.strictEqual(attempts.length, 1)
  const [attempt = ""] = attempts
  assert.deepStrictEqual(yield* world.namesIn("root", "demo", "aside", attempt), ["data"])
})

export const expectEnding = Effect.fnUntraced(function* (world: World, way: Way, { app, alerts }: Ending) {
  const told = yield* world.alerts
  assert.deepStrictEqual(
    told.map(({ outcome }) => outcome),
    alerts,
    JSON.stringify(told, null, 1)
  )
  for (const { why, next } of told) assert.isTrue(why !== "" && next !== "", "an alert says why, and what to do")
  if (app === "down") return assert.deepStrictEqual(yield* world.processes, [])
  yield* expectApp(world, dataOf(way)[app])
  yield* expectNoOldCodeOnNewData(world)
  yield* expectNoStrayProcess(world)
})

export const expectSettled = Effect.fnUntraced(function* (world: World) {
  yield* expectSafe(world)
  yield* expectNothingHalfDone(world)
  const events = yield* expectWholeLog(world)
  yield* expectSetAside(world, events)
  const begun = events.filter(({ type }) => type.endsWith("Attempted")).length
  assert.strictEqual(events.filter(({ type }) => type === "AttemptEnded").length >= begun, true, "every attempt ended")
})
