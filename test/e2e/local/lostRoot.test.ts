/** A root that was deleted under a running app: the app keeps running, and the next promote rebuilds the root. */
import { readdir, rm } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectApp, expectCode, expectNoOldCodeOnNewData, expectNoStrayProcess, installed } from "../expect.ts"
import { harms, migrates, v1, v2, v3, type World } from "../harness.ts"

/** All of it but what belongs to the runtime and not to lastgood: the data, and which processes run. */
const loseRoot = (world: World) =>
  Effect.promise(async () => {
    for (const name of await readdir(world.root)) {
      if (name !== "demo") await rm(world.at("root", name), { recursive: true })
    }
    for (const name of await readdir(world.at("root", "demo"))) {
      if (!["volumes", "run", "logs"].includes(name)) await rm(world.at("root", "demo", name), { recursive: true })
    }
  })

describe.concurrent("a lost root", () => {
  /** Verifies: LAW-4, LAW-5, LAW-9 */
  it.live("is rebuilt by promote from the healthy app, so that upgrades and rollbacks work", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      yield* world.tag(v2, migrates)
      yield* loseRoot(world)
      for (const command of [
        ["upgrade", "demo"],
        ["try", "demo", v2, "--", "true"],
        ["rollback", "demo"]
      ]) {
        const ran = yield* world.lastgood(command)
        expectCode(ran, 1)
        assert.match(ran.stderr, command[0] === "rollback" ? /there is no snapshot/ : /next: lastgood promote demo/)
      }
      assert.isTrue(yield* world.isUp)

      // promote checks the health first: an unhealthy version cannot become the last good one.
      yield* world.setTrouble(true)
      expectCode(yield* world.lastgood(["promote", "demo"]), 1)
      assert.isNull(yield* world.textOf("root", "demo", "last_good"))
      yield* world.setTrouble(false)
      expectCode(yield* world.lastgood(["promote", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      const meta = JSON.parse((yield* world.textOf("root", "demo", "snapshot", "meta.json")) ?? "{}")
      assert.deepInclude(meta, { version: v1, volumes: ["data"] })

      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* world.tag(v3, { ...harms, schema: 3 })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      expectCode(yield* world.lastgood(["verify", "demo"]), 0)
      yield* expectNoOldCodeOnNewData(world)
      yield* expectNoStrayProcess(world)
    })
  )

  it.live("that only lacks its snapshots does not prevent an upgrade", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      expectCode(yield* world.lastgood(["snapshot", "demo"]), 0)
      for (const name of ["snapshot", "snapshots"]) {
        yield* Effect.promise(() => rm(world.at("root", "demo", name), { recursive: true }))
      }
      yield* world.tag(v2, harms)
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* world.tag(v3, { schema: 3 })
      expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
      yield* expectApp(world, { version: v3, schema: 3, rows: ["a"] })
      yield* expectNoStrayProcess(world)
    })
  )
})
