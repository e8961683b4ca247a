/**
 * Run by `engine.test.ts` beside an engine of its own (`own-engine.sh`): the engine is killed in the middle of a step of an
 * upgrade and started again, as by a crash or an update of Docker itself. Usage: engine-story.ts <step> <milliseconds>
 */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { ensureImages } from "../../docker/images.ts"
import { expectApp, expectNoOldCodeOnNewData, expectSafe, expectSettled, old, upgraded } from "./checks.ts"
import { inWorld, migrates, sleep, until, v1, v2, type World } from "./world.ts"

const [step = "undeploy", wait = "0"] = process.argv.slice(2)

const isInStep = (world: World) => async () => {
  const { events } = await world.log()
  const last = events.findLast(({ type }) => type === "StepStarted")?.data
  return typeof last === "object" && last !== null && "step" in last && last.step === step
}

const restartEngine = async (downMs: number) => {
  process.kill(Number(await readFile(process.env["ENGINE_PID_FILE"] ?? "", "utf8")), "SIGKILL")
  await sleep(downMs)
  spawn("sh", ["-c", process.env["ENGINE_START"] ?? "exit 1"], { detached: true, stdio: "ignore" }).unref()
  await until("the engine does not come back", async () => {
    const { stdout } = await execa("docker", ["node", "ls", "--format", "{{.Status}}"], { reject: false })
    return stdout?.trim() === "Ready"
  })
}

await Effect.runPromise(ensureImages("busybox"))
await inWorld(
  async (world) => {
    await world.tag(v2, migrates)
    const upgrade = world.start(["upgrade", "demo"])
    await until(`${step} was never begun`, isInStep(world), 120_000).catch(async (error: Error) => {
      upgrade.signal("SIGKILL")
      throw new Error(`${error.message}: ${(await upgrade.ended).said}`)
    })
    await sleep(Number(wait))
    await restartEngine(2000)
    const ended = await upgrade.ended
    process.stdout.write(`${ended.said}\n`)
    await expectSafe(world)
    expectNoOldCodeOnNewData(world)
    let { code } = ended
    // Whatever it came to, the operator's next words bring the app up: the same again, and what an alert told him.
    const words = [
      ["upgrade", "demo"],
      ["rollback", "demo"],
      ["deploy", "demo"]
    ]
    for (const word of words) {
      await until("nothing answers", async () => (await world.page()) !== null, 15_000).catch(() => undefined)
      if ((await world.page()) !== null && (await world.log()).events.at(-1)?.type !== "StepStarted") break
      const ran = await world.lastgood(word)
      process.stdout.write(`${ran.said}\n`)
      code = ran.code
    }
    const page = await world.page()
    assert.notEqual(page, null, `the app is up in the end (${code})`)
    await expectApp(world, page?.version === v1 ? old : upgraded, (state) => state !== "exited")
    expectNoOldCodeOnNewData(world)
    await expectSettled(world)
  },
  { config: "    deadlines: { undeploy: 60s, deploy: 60s }\n" }
)
