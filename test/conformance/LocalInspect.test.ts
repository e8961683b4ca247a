/** What the runtime `local` says of an app: of what runs, of what has ended, and of what its records know nothing of. */
import { cp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type LocalWorld, localWorld, until } from "./LocalWorld.ts"

const deadline = 10_000
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

const check = (title: string, body: (world: LocalWorld) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(title, () => Effect.flatMap(localWorld("A=1\n"), body), 30_000)

describe("Runtime: local, an inspection", () => {
  /** Verifies: LAW-16 */
  check("lists the processes of an ended app as dead, and none after it was taken down", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web } = world
      yield* runtime.deploy(app, yield* web("1.0.0+1", "sleep 1"), deadline)
      yield* until("it has not ended", Effect.orDie(Effect.map(runtime.inspect(app), ({ present }) => !present)))
      const { present, converged, version, services } = yield* runtime.inspect(app)
      assert.deepStrictEqual([present, converged, version], [false, false, null])
      assert.deepStrictEqual(
        services.map((s) => [s.name, s.ok, s.dead, s.since]),
        [["web", false, true, null]]
      )
      yield* runtime.undeploy(app, deadline)
      assert.deepStrictEqual((yield* runtime.inspect(app)).services, [])
    })
  )

  /** Verifies: LAW-16 */
  check("shows the version of a process that is missing in the records", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web } = world
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      const records = join(app.dir, "run")
      const older = join(world.dir, "older")
      yield* Effect.promise(() => cp(records, older, { recursive: true }))
      yield* runtime.deploy(app, yield* web("2.0.0+2", idle), deadline)
      assert.strictEqual((yield* runtime.inspect(app)).version, "2.0.0+2")
      yield* Effect.promise(async () => {
        await rm(records, { recursive: true })
        await cp(older, records, { recursive: true })
      })
      const seen = yield* runtime.inspect(app)
      assert.deepStrictEqual([seen.present, seen.converged, seen.version], [true, false, "2.0.0+2"])
    })
  )

  /** Verifies: LAW-16 */
  check("gives equal configurations the same fingerprint, wherever lastgood is started", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web, dir } = world
      const configOf = Effect.map(runtime.inspect(app), ({ services }) => services[0]?.config ?? null)
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      const first = yield* configOf
      yield* runtime.undeploy(app, deadline)
      const elsewhere = ConfigProvider.fromEnv({ env: { PATH: process.env["PATH"] ?? "", LANG: "tlh" } })
      const again = runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      yield* Effect.provide(again, ConfigProvider.layer(elsewhere))
      assert.isNotNull(first)
      assert.strictEqual(yield* configOf, first)
      yield* Effect.promise(() => writeFile(join(dir, "notes.env"), "A=2\n"))
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      assert.notStrictEqual(yield* configOf, first)
    })
  )
})
