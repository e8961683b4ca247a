/** A docker client that never comes back ends with its step, and what it kept waiting is brought up again. */
import { mkdir, writeFile } from "node:fs/promises"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { expectApp, expectSettled, old } from "./checks.ts"
import { inWorld, migrates, v2, type World } from "./world.ts"

vi.setConfig({ testTimeout: 300_000 })

/** The environment in which one docker command hangs for ever, the first time it is given. */
const hanging = async (world: World, command: string) => {
  const { stdout } = await execa("sh", ["-c", "command -v docker"])
  const marker = world.at("hangs")
  const script = [
    "#!/bin/sh",
    `if [ "$1 $2" = "${command}" ] && [ -e ${marker} ]; then rm ${marker}; exec sleep 100000; fi`,
    `exec ${stdout} "$@"`
  ]
  await mkdir(world.at("bin"))
  await writeFile(marker, "")
  await writeFile(world.at("bin", "docker"), script.join("\n"), { mode: 0o755 })
  return { PATH: `${world.at("bin")}:${process.env["PATH"]}` }
}

/** Verifies: LAW-2, LAW-9 */
describeSwarm("Swarm, a docker client that hangs", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  for (const command of ["stack rm", "stack deploy"]) {
    it(`in \`docker ${command}\` fails its step, and the app is started again as it was`, () =>
      inWorld(
        async (world) => {
          await world.tag(v2, migrates)
          const ran = await world.lastgood(["upgrade", "demo"], await hanging(world, command))
          assert.strictEqual(ran.code, 3, ran.said)
          assert.match(ran.said, /(undeploy|deploy) hangs: it has not ended after \d+ s/)
          await expectApp(world, old)
          assert.deepStrictEqual(
            (await world.alerts()).map(({ outcome }) => outcome),
            ["recovered"]
          )
          await expectSettled(world)
        },
        { config: "    deadlines: { undeploy: 30s, deploy: 30s, stall: 10s }\n" }
      ))
  }
})
