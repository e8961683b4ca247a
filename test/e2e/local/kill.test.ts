/**
 * kill -9 at every step of the way forward and of both ways back, before the act and between the act and its evidence,
 * then the same command again. The cells are made from the plans themselves, so a new step has its cells at once.
 */

import { assert, describe, it } from "@effect/vitest"
import type { Ref } from "@lastgood/core/domain/App"
import { isPerformed, performed, rollbackPlan, upgradePlan } from "@lastgood/core/domain/Plan"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { type Behaviour, harms, migrates, type Options, v1, v2, type World } from "../harness.ts"

const old = { version: v1, schema: 1, rows: ["a"] }
const upgraded = { version: v2, schema: 2, rows: ["a", "written by 2"] }

interface Way {
  readonly name: string
  /** Given once, killed, and given again. */
  readonly command: "upgrade" | "rollback"
  readonly direction: "forward" | "back"
  readonly steps: ReadonlyArray<string>
  readonly behaviour: Partial<Behaviour>
  readonly options: Options
  /** Somebody holds a file of the volume open, so that the app cannot be taken down. */
  readonly held: boolean
  /** How the second run ends, and with what. */
  readonly code: number
  readonly app: typeof old
}

const base: Ref = { version: v1, commit: "" }

const ways: ReadonlyArray<Way> = [
  {
    name: "the way forward",
    command: "upgrade",
    direction: "forward",
    steps: upgradePlan,
    behaviour: migrates,
    options: {},
    held: false,
    code: 0,
    app: upgraded
  },
  {
    name: "the way back with the data",
    command: "upgrade",
    direction: "back",
    steps: rollbackPlan({ to: base, snapshot: "any" }),
    behaviour: harms,
    options: {},
    held: false,
    code: 3,
    app: old
  },
  {
    name: "the way back before the data was touched",
    command: "upgrade",
    direction: "back",
    steps: rollbackPlan({ to: base, snapshot: null }),
    behaviour: harms,
    options: { config: "    deadlines: { undeploy: 1s }\n" },
    held: true,
    code: 3,
    app: old
  },
  {
    name: "the way back that an operator asked for",
    command: "rollback",
    direction: "back",
    steps: rollbackPlan({ to: base, snapshot: "any" }).filter((step) => isPerformed(step) && !performed[step].appUp),
    behaviour: migrates,
    options: {},
    held: false,
    code: 0,
    app: old
  }
]

/** LAW-4, by tar alone: the snapshot that the log knows is whole where `<app>/snapshot` points, and holds the old rows. */
const expectWholeSnapshot = Effect.fnUntraced(function* (world: World) {
  const { events } = yield* world.log
  if (!events.some(({ type }) => type === "SnapshotTaken")) return
  const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot", "meta.json")) ?? "null")
  assert.strictEqual(meta?.version, v1)
  const archive = world.at("root", "demo", "snapshot", "volumes", "data.tar")
  assert.strictEqual((yield* run("tar", ["-xOf", archive, "./rows.1"])).stdout, "a\n")
})

/** What an attempt works in and must not outlive it: trees that were unpacked, folders that are staged. */
const expectNothingHalfDone = Effect.fnUntraced(function* (world: World) {
  const staged = yield* run("find", [
    world.at("root", "demo"),
    "-path",
    "*/staged/*",
    "(",
    "-name",
    "tree",
    "-o",
    "-name",
    "unpacking",
    ")"
  ])
  assert.strictEqual(staged.stdout, "")
  for (const folder of [["snapshots"], ["releases"], []]) {
    const names = yield* world.namesIn("root", "demo", ...folder)
    assert.deepStrictEqual(
      names.filter((name) => name.startsWith(".")),
      [],
      `in ${folder.join("/") || "the app's folder"}`
    )
  }
})

const cell = Effect.fnUntraced(function* (way: Way, fault: string) {
  const world = yield* installed(way.options)
  yield* world.tag(v2, way.behaviour)
  if (way.command === "rollback") expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  if (way.held) yield* world.holdOpen("root", "demo", "volumes", "data", "rows.1")

  const killed = yield* world.lastgood([way.command, "demo"], world.fault(fault))
  expectCode(killed, null)
  yield* expectWholeSnapshot(world)
  yield* expectWholeLog(world)

  expectCode(yield* world.lastgood([way.command, "demo"]), way.code)
  yield* expectApp(world, way.app)
  yield* expectNoOldCodeOnNewData(world)
  yield* expectWholeSnapshot(world)
  yield* expectNothingHalfDone(world)
  const events = yield* expectWholeLog(world)
  assert.strictEqual(events.filter(({ type }) => type === "UpgradeAttempted").length, 1, "it is one attempt")
  assert.strictEqual((yield* world.alerts).length, way.code === 0 ? 0 : 1)
  yield* expectNoStray(world, way.held)
})

/** The one that holds the file is the test's own. */
const expectNoStray = (world: World, held: boolean) =>
  held
    ? Effect.map(world.processes, (left) => assert.strictEqual(left.length, 2, JSON.stringify(left)))
    : expectNoStrayProcess(world)

/** Verifies: LAW-2, LAW-4, LAW-6 */
describe.concurrent("kill -9, and the same command again", () => {
  for (const way of ways) {
    describe.concurrent(way.name, () => {
      for (const step of way.steps.filter(isPerformed)) {
        for (const moment of ["before", "after"]) {
          const fault = `${way.direction}/${step}:${moment}:kill`
          it.live(`${moment} ${step} (the app is ${performed[step].appUp ? "up" : "down"})`, () => cell(way, fault))
        }
      }
    })
  }
})
