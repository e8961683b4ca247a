/** An app gets another name: its log goes on, its snapshots and its data move along. */
import { mkdir, symlink } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { execaSync } from "execa"
import { expectCode, expectNoOldCodeOnNewData, expectWholeLog, installed } from "../expect.ts"
import { migrates, v1, v2, type World } from "../harness.ts"

/** 1.1.0 was upgraded to, and the app is stopped: two snapshots, and an attempt of each kind in its log. */
const stopped = Effect.fnUntraced(function* () {
  const world = yield* installed()
  yield* world.tag(v2, migrates)
  expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
  expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
  expectCode(yield* world.lastgood(["stop", "demo"]), 0)
  return world
})

const canMount = process.getuid?.() === 0 && execaSync("unshare", ["--mount", "true"], { reject: false }).exitCode === 0

const configured = (world: World) => Effect.map(world.textOf("lastgood.yaml"), (text) => text ?? "")
const renamed = (world: World, more?: Readonly<Record<string, string>>) =>
  world.lastgood(["rename", "demo", "shop"], more)

const jsonOf = Effect.fnUntraced(function* (world: World, args: ReadonlyArray<string>) {
  const ran = yield* world.lastgood([...args, "--json"])
  expectCode(ran, 0)
  return JSON.parse(ran.stdout)
})

/** All of the app is under its new name, and nothing is left of the former one. */
const expectRenamed = Effect.fnUntraced(function* (
  world: World,
  before: { readonly snapshots: ReadonlyArray<object> }
) {
  assert.match(yield* configured(world), /\n {2}shop:\n/)
  assert.notMatch(yield* configured(world), /\n {2}demo:\n/)
  const folders = yield* world.namesIn("root")
  assert.include(folders, "shop")
  assert.notInclude(folders, "demo")
  const { snapshots } = yield* jsonOf(world, ["snapshots", "shop"])
  assert.deepStrictEqual(
    snapshots.slice(0, before.snapshots.length).map((one: object) => ({ ...one, app: "demo", current: false })),
    before.snapshots.map((one) => ({ ...one, current: false }))
  )
  const { attempts } = yield* jsonOf(world, ["history", "shop"])
  assert.deepStrictEqual(attempts.map(({ kind }: { readonly kind: string }) => kind).slice(0, 4), [
    "deploy",
    "upgrade",
    "snapshot",
    "stop"
  ])
  expectCode(yield* world.lastgood(["verify", "shop"]), 0)
  const events = yield* expectWholeLog(world)
  const [end, ...ends] = events.filter(({ type }) => type === "AppRenamed")
  const [begin, ...begins] = events.filter(({ type }) => type === "AppContinued")
  assert.deepStrictEqual([ends.length, begins.length], [0, 0])
  assert.deepStrictEqual([end?.stream, begin?.stream, begin?.version], ["app/demo", "app/shop", 1])
  assert.deepInclude(begin?.data, { from: "demo", version: end?.version })
})

const expectStarts = Effect.fnUntraced(function* (world: World) {
  expectCode(yield* world.lastgood(["start", "shop"]), 0)
  const rows = ["a", "written by 2"]
  const { version, schema, rows: found } = yield* world.page
  assert.deepStrictEqual({ version, schema, found }, { version: v2, schema: 2, found: rows })
  assert.strictEqual((yield* world.textOf("root", "shop", "last_good"))?.trim(), v2)
  assert.deepStrictEqual(yield* world.alertsOf("shop"), [])
  yield* expectNoOldCodeOnNewData(world)
})

/** It starts on its data, and can be rolled back to before. */
const expectWorks = Effect.fnUntraced(function* (world: World) {
  yield* expectStarts(world)
  expectCode(yield* world.lastgood(["rollback", "shop"]), 0)
  assert.strictEqual((yield* world.page).version, v1)
  yield* expectNoOldCodeOnNewData(world)
  expectCode(yield* world.lastgood(["reconcile", "--once"]), 0)
  yield* expectWholeLog(world)
})

/** Verifies: LAW-2, LAW-4, LAW-6, LAW-15, LAW-16 */
describe.concurrent("an app that is renamed", () => {
  it.live("goes on with its log, its snapshots and its data", () =>
    Effect.gen(function* () {
      const world = yield* stopped()
      const config = yield* configured(world)
      const before = yield* jsonOf(world, ["snapshots", "demo"])
      const dry = yield* world.lastgood(["rename", "demo", "shop", "--dry-run"])
      expectCode(dry, 0)
      assert.match(dry.stdout, /lastgood\.yaml: apps\.demo becomes apps\.shop\n {2}.*root\/demo becomes .*root\/shop/)
      assert.strictEqual(yield* configured(world), config)

      const ran = yield* renamed(world)
      expectCode(ran, 0)
      assert.match(ran.stdout, /demo is shop now\nnext: lastgood start shop/)
      yield* expectRenamed(world, before)
      assert.strictEqual(yield* configured(world), config.replace("\n  demo:", "\n  shop:"))
      assert.match(
        (yield* world.lastgood(["log", "shop"])).stdout,
        /demo {2}UpgradeAttempted[\s\S]*shop {2}AppContinued/
      )
      const { apps } = yield* jsonOf(world, ["replay"])
      assert.deepStrictEqual(
        apps.map(({ app }: { readonly app: string }) => app).filter((app: string) => app !== "_host"),
        ["shop"]
      )
      const { apps: own } = yield* jsonOf(world, ["replay", "shop"])
      assert.deepStrictEqual(
        own.map(({ app }: { readonly app: string }) => app),
        ["shop"]
      )
      const digest = (yield* world.lastgood(["log", "--digest"])).stdout
      assert.match(digest, /demo: upgraded from[\s\S]*shop: renamed from demo\nWaiting for:\nshop: an operator/)
      assert.notInclude(digest, "lastgood rename")
      const status = (yield* jsonOf(world, ["status"])).apps[0]
      assert.deepInclude(status, { app: "shop", phase: "stopped", lastGood: v2 })
      assert.match(status.next ?? status.waitingFor, /lastgood start shop/)
      yield* expectWorks(world)
      const again = yield* renamed(world)
      expectCode(again, 1)
      assert.match(again.stderr, /it is shop already/)
    })
  )

  it.live("may have its new name in the configuration already", () =>
    Effect.gen(function* () {
      const world = yield* stopped()
      const before = yield* jsonOf(world, ["snapshots", "demo"])
      yield* world.write("lastgood.yaml", (yield* configured(world)).replace("\n  demo:", "\n  shop:"))
      expectCode(yield* renamed(world), 0)
      yield* expectRenamed(world, before)
      const back = yield* world.lastgood(["rename", "shop", "demo"])
      expectCode(back, 1)
      assert.match(back.stderr, /it was demo before, and a name in the log stands for one app at a time\nnext: choose/)
      yield* expectStarts(world)
    })
  )

  it.live("is watched under its new name by a daemon that runs meanwhile", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    interval: 1s\n", health: ", watch: 200ms" })
      yield* Effect.forkScoped(world.lastgood(["reconcile"]))
      yield* Effect.sleep("2 seconds")
      expectCode(yield* world.lastgood(["stop", "demo", "--wait", "1m"]), 0)
      expectCode(yield* world.lastgood(["rename", "demo", "shop", "--wait", "1m"]), 0)
      yield* Effect.sleep("3 seconds")
      expectCode(yield* world.lastgood(["start", "shop", "--wait", "1m"]), 0)
      assert.deepStrictEqual((yield* world.page).rows, ["a"])
      yield* Effect.sleep("2 seconds")
      assert.deepStrictEqual([yield* world.alertsOf("demo"), yield* world.alertsOf("shop")], [[], []])
      const events = yield* expectWholeLog(world)
      assert.strictEqual(events.findLast(({ stream }) => stream === "app/demo")?.type, "AppRenamed")
    })
  )

  it.live("keeps its name while it runs, or if the new one is taken", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const running = yield* renamed(world)
      expectCode(running, 1)
      assert.match(running.stderr, /1\.0\.0\+1\.0\.0 should be running\nnext: lastgood stop demo/)
      expectCode(yield* world.lastgood(["stop", "demo"]), 0)
      expectCode(yield* world.lastgood(["rename", "demo", "../shop"]), 64)
      expectCode(yield* world.lastgood(["rename", "other", "shop"]), 64)
      yield* Effect.promise(() => mkdir(world.at("root/shop/snapshots"), { recursive: true }))
      const taken = yield* renamed(world)
      expectCode(taken, 1)
      assert.match(taken.stderr, /root\/shop is not empty/)
      yield* Effect.promise(async () => {
        await mkdir(world.at("elsewhere"))
        await symlink(world.at("elsewhere"), world.at("root/link"))
      })
      const linked = yield* world.lastgood(["rename", "demo", "link"])
      expectCode(linked, 64)
      assert.match(linked.stderr, /root\/link is not used: .* found a symlink/)
      assert.deepStrictEqual(yield* world.namesIn("elsewhere"), [])
      assert.isFalse((yield* expectWholeLog(world)).some(({ type }) => type === "AppRenamed"))
      expectCode(yield* world.lastgood(["start", "demo"]), 0)
    })
  )

  it.live.skipIf(!canMount)("keeps its name if its folder is a mount point, which cannot be renamed", () =>
    Effect.gen(function* () {
      const world = yield* stopped()
      const before = yield* jsonOf(world, ["snapshots", "demo"])
      const folder = world.at("root/demo")
      yield* Effect.acquireUseRelease(
        run("mount", ["--bind", folder, folder]),
        Effect.fnUntraced(function* () {
          for (const more of [["--dry-run"], []]) {
            const refused = yield* world.lastgood(["rename", "demo", "shop", ...more])
            expectCode(refused, 1)
            assert.match(refused.stderr, /root\/demo is a mount point, which cannot be renamed\nnext: unmount it/)
          }
        }),
        () => Effect.orDie(run("umount", [folder]))
      )
      assert.isFalse((yield* expectWholeLog(world)).some(({ type }) => type === "AppRenamed"))
      expectCode(yield* renamed(world), 0)
      yield* expectRenamed(world, before)
    })
  )

  it.live("is not forgotten under its former name, before the rename is finished and after", () =>
    Effect.gen(function* () {
      const world = yield* stopped()
      expectCode(yield* world.lastgood(["remove", "demo", "--data", "--yes"]), 0)
      const before = yield* jsonOf(world, ["snapshots", "demo"])
      expectCode(yield* renamed(world, world.fault("forward/configure:after:kill")), null)
      const refused = yield* world.lastgood(["forget", "demo", "--yes"])
      expectCode(refused, 1)
      assert.match(refused.stderr, /it is being renamed to shop\nnext: finish it: lastgood rename demo shop/)
      const other = yield* world.lastgood(["rename", "shop", "store"])
      expectCode(other, 1)
      assert.match(other.stderr, /demo is being renamed to it\nnext: finish it first: lastgood rename demo shop/)
      expectCode(yield* renamed(world), 0)
      assert.match((yield* world.lastgood(["forget", "demo", "--yes"])).stderr, /it goes on under another name/)
      const { snapshots } = yield* jsonOf(world, ["snapshots", "shop"])
      assert.lengthOf(snapshots, before.snapshots.length)
      expectCode(yield* world.lastgood(["restore", "shop"]), 0)
      assert.deepStrictEqual((yield* world.page).rows, ["a", "written by 2"])
    })
  )

  it.live("leaves its former name to another app", () =>
    Effect.gen(function* () {
      const world = yield* stopped()
      expectCode(yield* renamed(world), 0)
      yield* world.write("lastgood.yaml", (yield* configured(world)).replace("\n  shop:", "\n  demo:"))
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", v1]), 0)
      const { rows, version } = yield* world.page
      assert.deepStrictEqual({ rows, version }, { rows: [], version: v1 })
      assert.lengthOf((yield* jsonOf(world, ["snapshots", "demo"])).snapshots, 0)
      yield* expectWholeLog(world)
    })
  )

  for (const moment of ["rename:before", "rename:after"]) {
    it.live(
      `has its former name in the configuration after kill -9 at ${moment}, and the same command finishes it`,
      () =>
        Effect.gen(function* () {
          const world = yield* stopped()
          const before = yield* jsonOf(world, ["snapshots", "demo"])
          expectCode(yield* renamed(world, world.fault(`forward/${moment}:kill`)), null)
          if (moment === "rename:after") {
            for (const command of ["start", "upgrade", "snapshot", "deploy"]) {
              const refused = yield* world.lastgood([command, "demo"])
              expectCode(refused, 1)
              assert.match(refused.stderr, /it is being renamed to shop\nnext: finish it: lastgood rename demo shop/)
            }
            yield* world.lastgood(["reconcile", "--once"])
            assert.match((yield* world.status).waitingFor ?? "", /renamed to shop.*lastgood rename demo shop/)
            assert.deepStrictEqual(yield* world.alertsOf("demo"), [])
          }
          expectCode(yield* renamed(world), 0)
          yield* expectRenamed(world, before)
          yield* expectWorks(world)
        })
    )
  }

  const finishing = [
    ["configure:after", "snapshot shop"],
    ["move:before", "reconcile --once"],
    ["move:after", "rename demo shop"],
    ["continue:before", "reconcile --once"],
    ["continue:after", "snapshot shop"]
  ] as const
  for (const [moment, command] of finishing) {
    it.live(`is whole under its new name after kill -9 at ${moment} and ${command}`, () =>
      Effect.gen(function* () {
        const world = yield* stopped()
        const before = yield* jsonOf(world, ["snapshots", "demo"])
        expectCode(yield* renamed(world, world.fault(`forward/${moment}:kill`)), null)
        if (moment !== "continue:after") {
          for (const offline of [[], ["--offline"]]) {
            const status = (yield* jsonOf(world, ["status", "shop", ...offline])).apps[0]
            assert.strictEqual(status.phase, "stopped")
            assert.match(status.waitingFor, /demo is being renamed to it; lastgood rename demo shop/)
          }
        }
        expectCode(yield* world.lastgood(command.split(" ")), 0)
        yield* expectRenamed(world, before)
        yield* expectStarts(world)
      })
    )
  }
})
