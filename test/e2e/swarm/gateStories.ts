/** What a gate makes of versions that do not come up, on a real engine: a stack of a swarm, or a project of compose. */
import { readFile, writeFile } from "node:fs/promises"
import { assert, it } from "@effect/vitest"
import { expectApp, expectSettled, old } from "./checks.ts"
import { inWorld, migrates, type Options, v2, type World } from "./world.ts"

/** Long enough that whatever waits for it is seen to have waited in vain. */
const deadlineMs = 90_000

const withDeadline = async (world: World, deadline: string) => {
  const file = world.at("lastgood.yaml")
  await writeFile(file, (await readFile(file, "utf8")).replace(/deadline: \d+s/, `deadline: ${deadline}`))
}

const web = '    command: ["sh", "/web.sh"]\n'

/** @param lines of the service `web`, in the place of its command. */
const instead =
  (lines: string) =>
  (compose: string): string => {
    assert.include(compose, web)
    return compose.replace(web, () => lines)
  }

const starting = (script: string): string =>
  `    command: ["sh", "-c", ${JSON.stringify(script)}]\n    restart: always\n`
const healthcheck = (more: string): string =>
  `${web}    healthcheck: { test: ["CMD-SHELL", "echo no such table: users; exit 3"], interval: 1s, timeout: 5s, ${more} }\n`

/** Milliseconds between the start of the deploy and its end or that of the gate. */
const judgedInMs = async (world: World): Promise<number> => {
  const { events } = await world.log()
  const is = (step: string) => (event: (typeof events)[number]) =>
    event.type === "StepStarted" && JSON.stringify(event.data).includes(`"step":"${step}"`)
  const ended = events.findLastIndex(({ type }) => type === "DeployFailed" || type === "HealthFailed")
  const began = events.slice(0, ended).findLastIndex(is("deploy"))
  return Date.parse(events[ended]?.at ?? "") - Date.parse(events[began]?.at ?? "")
}

const goesBack = async (world: World, why: RegExp) => {
  const ran = await world.lastgood(["upgrade", "demo"])
  assert.strictEqual(ran.code, 3, ran.said)
  const [alert] = await world.alerts()
  assert.match(alert?.why ?? "", why)
  assert.isBelow(alert?.why.length ?? Number.POSITIVE_INFINITY, 500)
  await expectApp(world, old)
  await expectSettled(world)
}

/** Verifies: LAW-9, LAW-10 */
export const gateStories = (options: Options): void => {
  it.concurrent("fails once a service still restarts after the time for a slow start, and says so", () =>
    inWorld(async (world) => {
      await withDeadline(world, "90s")
      await world.tag(v2, migrates, instead(starting("sleep 4; echo license is missing >&2; exit 7")))
      await goesBack(world, /web(: \d tasks ended| was restarted \d times|: restarted \d times).*license is missing/)
      assert.isBelow(await judgedInMs(world), deadlineMs / 2)
    }, options))

  it.concurrent("allows a service to restart while it starts", () =>
    inWorld(async (world) => {
      await withDeadline(world, "90s")
      const script =
        "[ -e /data/three ] || { mv /data/two /data/three || mv /data/one /data/two || touch /data/one; exit 1; }; exec sh /web.sh"
      await world.tag(v2, migrates, instead(starting(script)))
      const ran = await world.lastgood(["upgrade", "demo"])
      assert.strictEqual(ran.code, 0, ran.said)
    }, options))

  it.concurrent("names a HEALTHCHECK that never passes with its output, and waits no longer than health.deadline", () =>
    inWorld(async (world) => {
      const bare = await readFile(world.at("lastgood.yaml"), "utf8")
      await writeFile(world.at("lastgood.yaml"), bare.replace(/, checks: \[.*\] \}/, " }"))
      await withDeadline(world, "20s")
      await world.tag(v2, migrates, instead(healthcheck("start_period: 300s, retries: 3")))
      const doctor = await world.lastgood(["doctor", "demo"])
      assert.match(
        doctor.said,
        /demo: HEALTHCHECK of web: start period 5m, every 1s, timeout 5s, 3 retries \(compose file\)/
      )
      assert.match(
        doctor.said,
        /demo: deadlines: .*deploy and health gate together 20s \(health\.deadline, configuration\)/
      )
      await goesBack(world, /(HEALTHCHECK of web|container web): starting.*no such table: users \(exit 3\)/)
      assert.isBelow(await judgedInMs(world), 35_000)
    }, options))
}
