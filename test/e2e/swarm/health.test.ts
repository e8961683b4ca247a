/** The daemon's watch on a real engine: what is frozen, taken away or restarted again and again behind lastgood's back. */
import { readFile, writeFile } from "node:fs/promises"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { docker, inWorld, type Options, sleep, until, type World } from "./world.ts"

vi.setConfig({ testTimeout: 600_000 })

/** A pass in between reports the changed service as drift (LAW-16), which is not tested here. */
const outcomes = (world: World) =>
  world.alerts().then(
    (all) => all.map(({ outcome }) => outcome).filter((outcome) => outcome !== "drift"),
    () => []
  )

const alerted = (world: World, ...wanted: ReadonlyArray<string>) =>
  until(
    `the alerts are not ${wanted.join(", ")}`,
    async () => JSON.stringify(await outcomes(world)) === JSON.stringify(wanted),
    120_000
  )

/** Watched every half second; passes are an hour apart. */
const watched = (use: (world: World) => Promise<void>, options: Options = {}) =>
  inWorld(
    async (world) => {
      const file = world.at("lastgood.yaml")
      await writeFile(file, (await readFile(file, "utf8")).replace("checks:", "watch: 500ms, checks:"))
      const daemon = world.start(["reconcile"])
      try {
        await use(world)
        await sleep(3000)
      } finally {
        daemon.signal("SIGTERM")
        await daemon.ended
      }
    },
    { ...options, config: "    interval: 1h\n" }
  )

/** Verifies: LAW-10 */
describeSwarm("the watch over a stack", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  it("reports a service that was scaled to 0 once, and its return", async () => {
    await watched(async (world) => {
      await docker("service", "scale", "--detach", `${world.stack}_web=0`)
      await alerted(world, "unhealthy")
      await docker("service", "scale", "--detach", `${world.stack}_web=1`)
      await alerted(world, "unhealthy", "healthy")
    })
  })
})

/** Verifies: LAW-10 */
describeCompose("the watch over a project", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  it("reports a paused container and its return, then one that restarts repeatedly", async () => {
    await watched(
      async (world) => {
        const of = async (service: string) => {
          const filter = ["--filter", `label=com.docker.compose.project=${world.stack}`]
          const [id = ""] = await docker(
            "ps",
            "--quiet",
            ...filter,
            "--filter",
            `label=com.docker.compose.service=${service}`
          )
          return id
        }
        const web = await of("web")
        await docker("pause", web)
        await alerted(world, "unhealthy")
        const [paused] = await world.alerts()
        assert.match(paused?.why ?? "", /web .*paused/)
        await docker("unpause", web)
        await alerted(world, "unhealthy", "healthy")

        const worker = await of("worker")
        await docker("update", "--restart", "always", worker)
        for (let i = 0; i < 5; i++) {
          const [pid = ""] = await docker("inspect", "--format", "{{.State.Pid}}", worker)
          if (Number(pid) > 0) process.kill(Number(pid), "SIGKILL")
          await sleep(2500)
        }
        await alerted(world, "unhealthy", "healthy", "unhealthy")
        assert.match((await world.alerts())[2]?.why ?? "", /worker|restarted \d+ times/)
      },
      { runtime: "compose" }
    )
  })
})
