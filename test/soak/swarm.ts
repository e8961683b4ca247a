/**
 * Soak on a real engine, of a stack of the swarm or of a project of compose with data in a volume, a folder and a file:
 * full upgrade and rollback cycles, with kill -9 at random times, each looked at from outside; and in the end nothing is
 * left that was not there in the beginning.
 *
 *   npm run soak:swarm -- --cycles 50 [--seed 7]
 *   npm run soak:compose -- --cycles 50 [--seed 7]
 *
 * Ends with code 0 when all of it held. A failure names its cycle; the same seed makes the same choices again.
 */
import { readFileSync } from "node:fs"
import { arch, release } from "node:os"
import { parseArgs } from "node:util"
import * as Effect from "effect/Effect"
import { ensureImages } from "../docker/images.ts"
import { docker, makeWorld } from "../e2e/swarm/world.ts"
import { teardown } from "../forgetImages.ts"
import { makeSoak } from "./swarm-cycle.ts"
import { hostNow, leaks } from "./swarm-host.ts"
import { randomOf } from "./swarm-random.ts"

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "50" },
    seed: { type: "string" },
    runtime: { type: "string", default: "swarm" }
  }
})
const isCompose = values.runtime === "compose"
const cycles = Number(values.cycles)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const say = (line: string) => process.stdout.write(`${line}\n`)

const [engine = "?", client = "?"] = (await docker("version", "--format", "{{.Server.Version}} {{.Client.Version}}"))
  .join()
  .split(" ")
say(
  `${cycles} cycles, seed ${seed}; Node ${process.version}, engine ${engine}, client ${client}, Linux ${release()} ${arch()}`
)
await Effect.runPromise(ensureImages("busybox"))

const before = await hostNow()
const begin = Date.now()
const world = await makeWorld({
  ...(isCompose ? { runtime: "compose", inFolder: true } : {}),
  config: "    snapshot: { keep: 2, asideFor: 1s }\n    deadlines: { undeploy: 90s, deploy: 90s }\n"
})
let failed = false
try {
  const soak = await makeSoak(world, randomOf(seed))
  for (let cycle = 1; cycle <= cycles; cycle++) say(await soak.cycle(cycle))
  say(soak.summary())
  await soak.expectTidy()
} catch (error) {
  failed = true
  say(`FAILED (seed ${seed}): ${error instanceof Error ? error.stack : error}`)
} finally {
  await world.end()
  await teardown()
}
const after = await hostNow()
const found = leaks(before, after, cycles)
say(`before ${JSON.stringify(before.counts)}`)
say(`after  ${JSON.stringify(after.counts)}`)
for (const leak of found) say(`LEFT OVER: ${leak}`)
const load = readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ")
say(`${failed || found.length > 0 ? "failed" : "passed"} in ${Math.round((Date.now() - begin) / 1000)} s; load ${load}`)
process.exitCode = failed || found.length > 0 ? 1 : 0
