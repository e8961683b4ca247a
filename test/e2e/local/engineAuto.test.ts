/** The engine that lastgood chooses for a volume if the configuration names none. */
import { execFileSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { filesystem, missingFor } from "../../../packages/core/test/snapshot/mirror/mirror.ts"
import { expectApp, expectCode, expectWholeLog, installed } from "../expect.ts"
import { harms, migrates, v1, v2, type World, waitUntil } from "../harness.ts"

const missing = missingFor("ext4")

const onExt4 = { home: filesystem("ext4", "900M") }

const watched = { ...onExt4, config: "    interval: 2s\n    policy: manual\n" }

/** More than a small volume has. */
const grow = (world: World): void =>
  writeFileSync(world.at("root", "demo", "volumes/data/large"), Buffer.alloc(70 * 1024 * 1024, "data"))

const isMade = (world: World): boolean => existsSync(world.at("root", "demo", "mirror/data/manifest"))

/** Whether the newest snapshot was captured by a mirror. */
const isMirrored = (world: World) =>
  Effect.map(world.log, ({ events }) => {
    const taken = events.findLast(({ type }) => type === "SnapshotTaken")
    return /"manifest":/.test(JSON.stringify(taken?.data ?? {}))
  })

const engineLine = (stdout: string): string => /volume data: captured .*/.exec(stdout)?.[0] ?? ""

/** What `plan` says of the next snapshot, and `doctor` as well. */
const saidOf = Effect.fnUntraced(function* (world: World) {
  const { stdout } = yield* world.lastgood(["plan", "demo"])
  const { plans } = JSON.parse((yield* world.lastgood(["plan", "demo", "--json"])).stdout)
  const said = engineLine(stdout)
  assert.include(plans[0].notes.map(engineLine), said)
  assert.strictEqual(engineLine((yield* world.lastgood(["doctor", "demo"])).stdout), said)
  return said
})

describe("the engine that lastgood chooses", () => {
  /** Verifies: LAW-2, LAW-3 */
  it.live.skipIf(missing !== "")("for a volume that is not small is a mirror, in an upgrade and its rollback", () =>
    Effect.gen(function* () {
      const world = yield* installed(onExt4)
      grow(world)
      yield* world.tag(v2, harms)
      assert.match(yield* saidOf(world), /captured by a mirror \(\S+ MB in \d+ files; it is made while the app runs/)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      assert.isTrue(yield* isMirrored(world))
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* expectWholeLog(world)
    })
  )

  it.live("for a small volume is an archive", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      assert.match(yield* saidOf(world), /captured as an archive: .* in \d+ files, which an archive captures as fast/)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.isFalse(yield* isMirrored(world))
      assert.isFalse(existsSync(world.at("root", "demo", "mirror")))
    })
  )

  it.live.skipIf(missing !== "")("on a disk without the space for a mirror is an archive, and it says so", () =>
    Effect.gen(function* () {
      const world = yield* installed(onExt4)
      grow(world)
      execFileSync("fallocate", ["-l", "460M", world.at("root", "other")])
      yield* world.tag(v2, migrates)
      assert.match(yield* saidOf(world), /captured as an archive: a mirror of .* would fill its filesystem to \d+ %/)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      assert.isFalse(yield* isMirrored(world))
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
    })
  )

  it.live.skipIf(missing !== "")("is prepared by the daemon, ahead of the first upgrade", () =>
    Effect.gen(function* () {
      const world = yield* installed(watched)
      grow(world)
      const running = world.start(["reconcile"])
      yield* waitUntil(
        "the mirror was not made",
        Effect.sync(() => isMade(world)),
        60_000
      )
      running.signal("SIGTERM")
      yield* running.done
    })
  )
})
