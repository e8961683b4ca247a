/**
 * The disk of the root is filled while the app is down: the log's reserve lets lastgood roll the app back. On a
 * real, small filesystem, so only where this may mount one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { expectCode, expectNoOldCodeOnNewData, expectNoStrayProcess, expectWholeLog } from "../expect.ts"
import { type Behaviour, harms, makeWorld, migrates, v1, v2, type World, waitUntil } from "../harness.ts"

/** An ext4 of its own, on a loop device, for the scope. */
const mounted = Effect.fnUntraced(function* (image: string, folder: string) {
  writeFileSync(image, "")
  truncateSync(image, 128 * 1024 * 1024)
  yield* run("mkfs.ext4", ["-q", "-F", "-m", "0", image])
  yield* Effect.acquireRelease(run("mount", ["-o", "loop", image, folder]), () =>
    Effect.ignore(run("umount", ["--lazy", folder]))
  )
})

const canMount = await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder()
      yield* mounted(`${folder}.img`, folder)
      yield* Effect.sync(() => rmSync(`${folder}.img`))
    })
  ).pipe(
    Effect.as(true),
    Effect.catchCause(() => Effect.succeed(false))
  )
)

const isFull = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "ENOSPC"

/** Every block that there is. */
const fill = (file: string) => {
  const fd = openSync(file, "w")
  for (const size of [1024 * 1024, 4096]) {
    const chunk = Buffer.alloc(size, "full")
    try {
      while (true) writeSync(fd, chunk)
    } catch (cause) {
      if (!isFull(cause)) throw cause
    }
  }
  fsyncSync(fd)
  closeSync(fd)
}

/** 1.0.0 runs with one row, and with more data than the reserve has room for: no snapshot fits in what it gives back. */
const installed = Effect.fnUntraced(function* (behaviour: Partial<Behaviour>, newer: Partial<Behaviour> = migrates) {
  const world = yield* makeWorld({ config: "    deadlines: { undeploy: 60s }\n" })
  yield* Effect.orDie(mounted(world.at("root.img"), world.root))
  yield* world.tag(v1, behaviour)
  expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
  yield* world.addRow("a")
  writeFileSync(world.at("root", "demo", "volumes", "data", "blob"), Buffer.alloc(8 * 1024 * 1024, "blob"))
  const { mode, size } = statSync(world.at("root", "reserve"))
  assert.deepStrictEqual([size, mode & 0o777], [4 * 1024 * 1024, 0o600])
  yield* world.tag(v2, newer)
  return world
})

/** Not what the slow one wrote while it stopped ("late"), perhaps cut where the disk was full. */
const isOwn = (row: string) => !row.startsWith("l")

const expectBack = Effect.fnUntraced(function* (world: World) {
  const { rows, ...page } = yield* world.page
  assert.deepInclude(page, { version: v1, schema: 1 })
  assert.deepStrictEqual(rows.filter(isOwn), ["a"])
  assert.strictEqual((yield* world.textOf("root", "demo", "last_good"))?.trim(), v1)
  yield* expectNoOldCodeOnNewData(world)
  yield* expectNoStrayProcess(world)
  const types = (yield* expectWholeLog(world)).map(({ type }) => type)
  for (const type of ["Undeployed", "StepFailed", "RolledBack", "AlertRaised", "AttemptEnded"])
    assert.include(types, type)
  assert.isFalse(existsSync(world.at("root", "reserve")), "the reserve was needed")
})

/** And when there is room again, all goes on, with a reserve of its own. */
const expectRoomHelps = Effect.fnUntraced(function* (world: World) {
  rmSync(world.at("root", "filler"))
  rmSync(world.at("root", "demo", "volumes", "data", "blob"))
  expectCode(yield* world.lastgood(["retry", "demo"]), 0)
  assert.isTrue(existsSync(world.at("root", "reserve")))
  assert.strictEqual((yield* world.alerts).length, 1)
  expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  const { rows, ...page } = yield* world.page
  assert.deepInclude(page, { version: v2, schema: 2 })
  assert.deepStrictEqual(rows.filter(isOwn), ["a", "written by 2"])
  yield* expectWholeLog(world)
})

/** Verifies: LAW-6, LAW-9, LAW-10 */
describe.skipIf(!canMount)("a disk that is filled while the app is down (needs the right to mount)", () => {
  it.live("does not keep it down: lastgood rolls back version and data, and logs every step", () =>
    Effect.gen(function* () {
      // Slow to stop, so that there is time to fill the disk before the undeploy is over.
      const world = yield* installed({ slowStop: 8000 })
      const upgrade = yield* world.lastgood(["upgrade", "demo"]).pipe(Effect.forkDetach({ startImmediately: true }))
      yield* waitUntil(
        "the app was not taken down",
        Effect.map(world.lastStep, (step) => step === "undeploy"),
        60_000
      )
      fill(world.at("root", "filler"))
      const ran = yield* Fiber.join(upgrade)
      expectCode(ran, 3)
      assert.match(ran.stderr, /disk of .* is full: the log is using its reserve/)
      yield* expectBack(world)
      yield* expectRoomHelps(world)
    })
  )

  it.live("does not keep it down after kill -9: the next run uses the reserve's space", () =>
    Effect.gen(function* () {
      const world = yield* installed({})
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/undeploy:after:kill")), null)
      fill(world.at("root", "filler"))
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectBack(world)
      yield* expectRoomHelps(world)
    })
  )

  it.live(
    "that is full at the stage of a rollback is waited for with one alert, and the app recovers once there is space",
    () =>
      Effect.gen(function* () {
        const world = yield* installed({}, harms)
        expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("back/stage:before:kill")), null)
        fill(world.at("root", "filler"))
        for (let run = 0; run < 2; run++) {
          const ran = yield* world.lastgood(["reconcile", "--once"])
          expectCode(ran, 4)
          assert.match(ran.stdout + ran.stderr, /not enough space to unpack|is full|ENOSPC|No space left/)
          assert.deepStrictEqual(
            (yield* world.alerts).map(({ outcome, recovered }) => ({ outcome, recovered })),
            [{ outcome: "left-down", recovered: false }]
          )
          assert.isFalse(yield* world.isUp)
          const { phase, waitingFor } = yield* world.status
          assert.strictEqual(phase, "rolling-back")
          assert.match(waitingFor ?? "", /^room: /)
        }
        rmSync(world.at("root", "filler"))
        expectCode(yield* world.lastgood(["reconcile", "--once"]), 3)
        const { rows, ...page } = yield* world.page
        assert.deepInclude(page, { version: v1, schema: 1 })
        assert.deepStrictEqual(rows, ["a"])
        assert.deepStrictEqual(
          (yield* world.alerts).map(({ outcome }) => outcome),
          ["left-down", "recovered"]
        )
        yield* expectNoOldCodeOnNewData(world)
        yield* expectNoStrayProcess(world)
        yield* expectWholeLog(world)
      })
  )
})
