/** An alert is never lost, and never half: whatever becomes of the place where it is to go. */
import { mkdir, rm, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execa, execaSync } from "execa"
import { vi } from "vitest"
import { expectCode, expectWholeLog, installed } from "../expect.ts"
import { harms, type Ran, v1, v2, type World } from "../harness.ts"

vi.setConfig({ testTimeout: 300_000 })

const said = ({ stdout, stderr }: Ran) => stdout + stderr

const delivered = (world: World) =>
  Effect.map(expectWholeLog(world), (events) => events.filter(({ type }) => type === "AlertDelivered").length)

const expectOneAlert = Effect.fnUntraced(function* (world: World) {
  const [alert, ...more] = yield* world.alerts
  assert.deepStrictEqual(
    [alert?.outcome, alert?.attempted, alert?.last_good, alert?.recovered, more],
    ["recovered", v2, v1, true, []]
  )
  assert.strictEqual(yield* delivered(world), 1)
})

const canMount = process.getuid?.() === 0 && execaSync("unshare", ["--mount", "true"], { reject: false }).exitCode === 0

/** A filesystem in the place of the alerts' folder, until the scope closes. */
const mounted = (world: World, options: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      await mkdir(world.at("root", "demo", "alerts"), { recursive: true, mode: 0o700 })
      await execa("mount", ["-t", "tmpfs", "-o", options, "none", world.at("root", "demo", "alerts")])
    }),
    () => Effect.promise(() => execa("umount", ["--lazy", world.at("root", "demo", "alerts")], { reject: false }))
  )

describe.concurrent("an alert that cannot be delivered", () => {
  const kept = (title: string, put: (world: World) => Effect.Effect<unknown, never, Scope.Scope>, can = true) => {
    if (!can) return it.skip(`${title} (skipped: no mounts here)`, () => {})
    /** Verifies: LAW-10 */
    return it.live(title, () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2, harms)
        yield* Effect.gen(function* () {
          yield* put(world)
          const failed = yield* world.lastgood(["upgrade", "demo"])
          // What came of the upgrade is told all the same.
          expectCode(failed, 3)
          assert.match(said(failed), /warning: alert not delivered to file/)
          assert.match(said(yield* world.lastgood(["doctor", "demo"])), /WARN +demo: alerts: 1 alert not delivered yet/)
          const again = yield* world.lastgood(["reconcile", "--once"])
          assert.match(said(again), /alert not delivered to file/)
          assert.strictEqual(yield* delivered(world), 0)
        }).pipe(Effect.scoped)
        yield* world.lastgood(["reconcile", "--once"])
        yield* expectOneAlert(world)
        yield* world.lastgood(["reconcile", "--once"])
        yield* expectOneAlert(world)
      })
    )
  }

  kept(
    "because its folder is read-only is delivered once by the next pass",
    (world) => mounted(world, "ro,mode=0700"),
    canMount
  )
  kept(
    "because its disk is full is delivered once by the next pass",
    (world) => mounted(world, "size=4k,nr_inodes=1,mode=0700"),
    canMount
  )

  /** Verifies: LAW-10, LAW-17 */
  it.live("because a file is in place of its folder refuses the upgrade before it begins", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      const place = world.at("root", "demo", "alerts")
      yield* Effect.promise(() => writeFile(place, ""))
      const refused = yield* world.lastgood(["upgrade", "demo"])
      expectCode(refused, 64)
      assert.include(said(refused), place)
      yield* Effect.promise(() => rm(place))
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectOneAlert(world)
    })
  )
})
