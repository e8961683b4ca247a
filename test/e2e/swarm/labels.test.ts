// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** What a recipe's compose file says of itself holds, on a real swarm: without a plugin, and without a line of configuration. */
import { readFile, writeFile } from "node:fs/promises"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { harms, inWorld, migrates, v2, type World } from "./world.ts"

const bare = async (world: World) => {
  const file = world.at("lastgood.yaml")
  const config = await readFile(file, "utf8")
  await writeFile(file, config.replace(/^ {4}health: .*\n/m, ""))
}

/** @param labels of the service `web`. */
const saying =
  (labels: ReadonlyArray<string>, healthcheck: string | null = null) =>
  (compose: string): string => {
    const before = "    networks: [host]\n"
    assert.include(compose, before)
    const check = healthcheck === null ? "" : `    healthcheck: ${healthcheck}\n`
    return compose.replace(before, () => `${before}    labels: ${JSON.stringify(labels)}\n${check}`)
  }

const times = ["lastgood.health.deadline=20s", "lastgood.health.stableFor=300ms", "lastgood.health.interval=100ms"]
const http = "lastgood.health.http=http://127.0.0.1:${PORT:?}/health"

vi.setConfig({ testTimeout: 600_000 })

describeSwarm("labels on a swarm", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  it("apply each version's own checks", async () => {
    await inWorld(async (world) => {
      await bare(world)
      await world.tag(v2, migrates, saying([...times, http]))
      const good = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(good.code, 0, good.said)
      const passed = (await world.log()).events.findLast(({ type }) => type === "HealthPassed")
      assert.include(JSON.stringify(passed?.data), "/health")
      // Answers 500 to everything: without its label, that its services run would be enough.
      await world.tag("1.2.0+1.2.0", { ...harms, schema: 3 }, saying([...times, http]))
      const bad = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(bad.code, 3, bad.said)
      assert.strictEqual(await world.lastGood(), v2)
      assert.strictEqual((await world.page())?.version, v2)
    })
  })

  /** Verifies: LAW-14 */
  it("that are invalid refuse the upgrade with service and label while the app runs, unless the configuration sets the key", async () => {
    await inWorld(async (world) => {
      await world.tag(v2, migrates, saying(["lastgood.policy=weekly"]))
      const before = await world.objects()
      const doctor = await world.lastgood(["doctor", "demo"])
      assert.strictEqual(doctor.code, 1, doctor.said)
      assert.match(doctor.said, /FAIL +demo: label lastgood\.policy: invalid \(web\): expected patch/)
      const refused = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(refused.code, 5, refused.said)
      assert.match(refused.said, /invalid-label: the label lastgood\.policy of the service web: expected patch, minor/)
      assert.deepStrictEqual(await world.objects(), before)
      const file = world.at("lastgood.yaml")
      await writeFile(file, `${await readFile(file, "utf8")}    policy: minor\n`)
      const upgraded = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(upgraded.code, 0, upgraded.said)
    })
  })

  it("of the running version define the policy", async () => {
    await inWorld(async (world) => {
      await world.tag("1.0.1+1.0.0", {}, saying([`lastgood.policy=patch`]))
      assert.strictEqual((await world.lastgood(["upgrade", "demo"])).code, 0)
      await world.tag(v2, migrates)
      const doctor = await world.lastgood(["doctor", "demo"])
      assert.match(doctor.said, /settings: policy patch \(label\)/)
      assert.match(doctor.said, /WARN +demo: upgrade: policy: the policy `patch` does not allow 1\.1\.0\+1\.1\.0/)
      const held = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(held.code, 5, held.said)
      assert.match(held.said, /policy: the policy `patch` does not allow 1\.1\.0\+1\.1\.0/)
    })
  })

  it("use a HEALTHCHECK alone, and call it weak", async () => {
    await inWorld(async (world) => {
      await bare(world)
      const check = `{ test: ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:$$PORT/health"], interval: 1s, retries: 2 }`
      await world.tag(v2, migrates, saying(times, check))
      const plan = await world.lastgood(["plan", "demo"])
      assert.match(plan.said, /its health gate is weak/)
      const doctor = await world.lastgood(["doctor", "demo"])
      assert.match(doctor.said, /demo: HEALTHCHECK of web: .*\(compose file\)/)
      assert.match(doctor.said, /WARN +demo: health gate: weak: no check asks the app itself/)
      const good = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(good.code, 0, good.said)
      const passed = (await world.log()).events.findLast(({ type }) => type === "HealthPassed")
      assert.include(JSON.stringify(passed?.data), '"name":"container web"')
    })
  })
})
