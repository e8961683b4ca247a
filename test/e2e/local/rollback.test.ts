/** Rollbacks of version and data through the real command, checked from outside. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { exits, harms, makeWorld, v1, v2, v3, type World } from "../harness.ts"

/** What lies in the one set-aside folder of the app's volume: file name to content. */
const setAside = Effect.fnUntraced(function* (world: World) {
  const [attempt = ""] = yield* world.namesIn("root", "demo", "aside")
  const folder = world.at("root", "demo", "aside", attempt, "data")
  return yield* Effect.promise(async () => {
    const names = (await readdir(folder)).sort()
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]))
    ) as Record<string, string>
  })
})

/** Somebody else answers on the app's port, until the scope closes. */
const occupy = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer((_, response) => response.writeHead(418).end()).once("error", reject)
          server.listen(Number(new URL(url).port), "127.0.0.1", () => resolve(server))
        })
    ),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )

describe.concurrent("a version that does not start", () => {
  /** Verifies: LAW-8, LAW-9, LAW-10 */
  it.live("is rolled back with exit 3 and the old data, and raises an alert and is quarantined until retry", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, exits)
      const ran = yield* world.lastgood(["upgrade", "demo", "--json"])
      expectCode(ran, 3)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "recovered")
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const [alert, ...more] = yield* world.alerts
      assert.deepStrictEqual(more, [])
      assert.deepInclude(alert, { outcome: "recovered", attempted: v2, last_good: v1, recovered: true })
      assert.match(alert?.why ?? "", /cannot start, SECRET is \*\*\*/)
      assert.match(alert?.next ?? "", /lastgood retry demo/)
      assert.deepStrictEqual(
        (yield* world.status).quarantined.map(({ version }) => version),
        [v2]
      )

      const before = (yield* world.starts).length
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 5)
      assert.strictEqual((yield* world.starts).length, before, "the app was not touched")
      expectCode(yield* world.lastgood(["retry", "demo", v2]), 0)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.strictEqual((yield* world.alerts).length, 2)
      yield* expectWholeLog(world)
      yield* expectNoStrayProcess(world)
    })
  )

  /** Verifies: LAW-8 */
  it.live("does not prevent an upgrade to a newer version", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, exits)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* world.tag(v3)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v3, schema: 1, rows: ["a"] })
    })
  )
})

describe.concurrent("a version that migrates the data one way and is not healthy", () => {
  /** Verifies: LAW-2, LAW-3, LAW-5, LAW-9 */
  it.live("is rolled back with exit 3: schema and rows are restored, and its writes are set aside", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.deepStrictEqual(yield* setAside(world), { "rows.2": "a\nwritten by 2\n", schema: "2" })
      assert.deepInclude((yield* world.alerts)[0], { attempted: v2, last_good: v1, recovered: true })
      yield* expectNoOldCodeOnNewData(world)
      yield* expectWholeLog(world)
      yield* expectNoStrayProcess(world)
    })
  )

  /** Verifies: LAW-9 */
  it.live("is rolled back with exit 4 if the old version is not healthy either, and is not reported as recovered", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      // What the app depends on goes down while the new version is held to its health gate, and stays down.
      yield* world.setTrouble(true)
      const ran = yield* world.lastgood(["upgrade", "demo", "--to", v2, "--json"])
      expectCode(ran, 4)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "unhealthy")
      assert.deepInclude((yield* world.alerts)[0], {
        outcome: "unhealthy",
        attempted: v2,
        last_good: v1,
        recovered: false
      })
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      assert.strictEqual((yield* world.status).phase, "unhealthy")
      yield* expectNoOldCodeOnNewData(world)
    })
  )

  /** Verifies: LAW-9 */
  it.live("is rolled back with exit 4 if something else took the port, whatever answers there", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("back/deploy:before:kill")), null)
      yield* occupy(world.url)
      const ran = yield* world.lastgood(["upgrade", "demo", "--json"])
      expectCode(ran, 4)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "unhealthy")
      assert.deepInclude((yield* world.alerts)[0], { attempted: v2, last_good: v1, recovered: false })
    })
  )

  /** Verifies: LAW-2, LAW-3, LAW-9 */
  it.live("is left down with exit 4 if its snapshot cannot be read, without touching the data", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("back/stage:before:kill")), null)
      yield* world.flipBit("root", "demo", "snapshot", "volumes", "data.tar")
      const ran = yield* world.lastgood(["upgrade", "demo", "--json"])
      expectCode(ran, 4)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "left-down")
      assert.isFalse(yield* world.isUp)
      assert.deepStrictEqual(yield* world.processes, [])
      const data = ["root", "demo", "volumes", "data"] as const
      assert.strictEqual(yield* world.textOf(...data, "schema"), "2")
      assert.strictEqual(yield* world.textOf(...data, "rows.2"), "a\nwritten by 2\n")
      assert.deepStrictEqual(yield* world.namesIn("root", "demo", "aside"), [])
      assert.deepInclude((yield* world.alerts)[0], { outcome: "left-down", attempted: v2, recovered: false })
      assert.strictEqual((yield* world.status).phase, "stopped")
      assert.strictEqual((yield* world.textOf("root", "demo", "last_good"))?.trim(), v1)

      // Nothing brings the old version up on this data, however it is asked.
      for (const args of [
        ["upgrade", "demo"],
        ["deploy", "demo"],
        ["deploy", "demo", "--to", v1]
      ]) {
        assert.notStrictEqual((yield* world.lastgood(args)).code, 0, args.join(" "))
      }
      assert.isFalse(yield* world.isUp)
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

describe.concurrent("a first install that does not start", () => {
  /** Verifies: LAW-9, LAW-10 */
  it.live("is left down with exit 4 and an alert, without a last good version; a later version can be installed", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* world.tag(v1, exits)
      const ran = yield* world.lastgood(["deploy", "demo", "--json"])
      expectCode(ran, 4)
      assert.strictEqual(JSON.parse(ran.stdout).outcome, "left-down")
      assert.deepStrictEqual(yield* world.processes, [])
      assert.deepInclude((yield* world.alerts)[0], {
        outcome: "left-down",
        attempted: v1,
        last_good: null,
        recovered: false
      })
      assert.isNull(yield* world.textOf("root", "demo", "last_good"))
      yield* world.tag(v2)
      expectCode(yield* world.lastgood(["deploy", "demo", "--to", v2]), 0)
      yield* expectApp(world, { version: v2, schema: 1, rows: [] })
    })
  )
})

describe.concurrent("a first install over data that was there before", () => {
  /** Verifies: LAW-3 */
  it.live("restores that data if it fails, although no version belongs to it", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const data = ["root", "demo", "volumes", "data"] as const
      yield* Effect.promise(async () => {
        await mkdir(world.at(...data), { recursive: true })
        await writeFile(world.at(...data, "schema"), "1")
        await writeFile(world.at(...data, "rows.1"), "brought along\n")
      })
      yield* world.tag(v1, harms)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 4)
      assert.deepStrictEqual(yield* world.processes, [])
      assert.strictEqual(yield* world.textOf(...data, "rows.1"), "brought along\n")
      assert.strictEqual((yield* setAside(world))["rows.2"], "brought along\nwritten by 2\n")
      yield* world.tag(v2)
      expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 1, rows: ["brought along"] })
    })
  )
})

describe.concurrent("an app that cannot be taken down", () => {
  /** Verifies: LAW-14 */
  it.live(
    "is not touched by rollback and restore, which exit with 5 while somebody has a file of its volume open",
    () =>
      Effect.gen(function* () {
        const world = yield* installed()
        yield* world.tag(v2)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        const held = yield* Effect.scoped(
          Effect.gen(function* () {
            yield* world.holdOpen("root", "demo", "volumes", "data", "rows.1")
            const before = (yield* world.log).events.length
            const ran = yield* Effect.forEach([["rollback"], ["restore"]], ([command = ""]) =>
              world.lastgood([command, "demo"])
            )
            assert.strictEqual((yield* world.log).events.length, before)
            return ran
          })
        )
        for (const ran of held) {
          expectCode(ran, 5)
          assert.match(
            ran.stdout + ran.stderr,
            /held-volume: its data is in use outside of the app: .*tail[\s\S]*kill \d+/
          )
        }
        assert.strictEqual((yield* world.page).version, v2)
        expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
        assert.strictEqual((yield* world.page).version, v1)
      })
  )

  /** Verifies: LAW-1 */
  it.live("is started again as it was, with exit 3, if a snapshot finds a file of its volume open", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    deadlines: { undeploy: 1s }\n" })
      yield* world.tag(v2, harms)
      const before = (yield* world.namesIn("root", "demo", "snapshots")).length
      // The other user appears after the check for hazards.
      expectCode(yield* world.lastgood(["upgrade", "demo"], world.fault("forward/prefetch:after:kill")), null)
      yield* world.holdOpen("root", "demo", "volumes", "data", "rows.1")
      const ran = yield* world.lastgood(["upgrade", "demo"])
      expectCode(ran, 3)
      assert.match(ran.stdout + ran.stderr, /rows\.1/)
      assert.strictEqual((yield* world.namesIn("root", "demo", "snapshots")).length, before)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
    })
  )
})
