/**
 * A Co-op Cloud app from end to end, with the real `lastgood` and a stand-in for abra that really deploys. First the
 * seed's own proof: a version that does not lint comes to light when abra deploys it, with the app down.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { abraFolder, pathWith } from "../../abra/standIn.ts"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { harms, inWorld, migrates, type Ran, v1, type World } from "../swarm/world.ts"

vi.setConfig({ testTimeout: 300_000 })

const inAbraWorld = (use: (world: World) => Promise<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const folder = yield* abraFolder()
      const environment = { PATH: pathWith(folder) }
      yield* Effect.promise(() => inWorld(use, { runtime: "abra", environment }))
    })
  ).pipe(Effect.runPromise)

const expectCode = (ran: Ran, code: number) => assert.strictEqual(ran.code, code, ran.said)

const typeOf = async (world: World): Promise<string> => {
  const file = await readFile(join(world.home, "abra/servers/default/demo.example.org.env"), "utf8")
  return /^TYPE=(.*)$/m.exec(file)?.[1] ?? ""
}

describeSwarm("an app of abra", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-5, LAW-9, LAW-10 */
  it("is rolled back with its data from a version that does not lint and one that is not healthy, then upgraded", () =>
    inAbraWorld(async (world) => {
      assert.strictEqual(await typeOf(world), `recipe:${v1}`)

      const unlinted = "1.0.1+1.0.0"
      await world.tag(unlinted, {}, (compose) => compose.replace('version: "3.8"', 'version: "3.7"'))
      const broken = await world.lastgood(["upgrade", "demo"])
      expectCode(broken, 3)
      assert.include(broken.said, "FATA recipe: failed lint checks: R001")
      assert.deepStrictEqual((await world.page())?.rows, ["a"])
      assert.strictEqual((await world.page())?.version, v1)
      assert.strictEqual(await world.lastGood(), v1)
      assert.strictEqual(await typeOf(world), `recipe:${v1}`)
      const [alert, ...others] = await world.alerts()
      assert.deepStrictEqual([alert?.attempted, alert?.last_good, alert?.recovered], [unlinted, v1, true])
      assert.lengthOf(others, 0)

      const unhealthy = "1.0.2+1.0.1"
      await world.tag(unhealthy, harms)
      expectCode(await world.lastgood(["upgrade", "demo"]), 3)
      assert.deepStrictEqual((await world.page())?.rows, ["a"])
      assert.strictEqual(await typeOf(world), `recipe:${v1}`)

      const good = "1.0.3+1.0.2"
      await world.tag(good, migrates)
      expectCode(await world.lastgood(["upgrade", "demo"]), 0)
      assert.deepStrictEqual((await world.page())?.version, good)
      assert.include((await world.page())?.rows ?? [], "a")
      assert.strictEqual(await world.lastGood(), good)
      assert.strictEqual(await typeOf(world), `recipe:${good}`)
      assert.deepStrictEqual((await world.log()).problems, [])
    }))
})
