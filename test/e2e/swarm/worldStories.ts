/** How lastgood treats an app that somebody else changed, on a real engine: a swarm stack or a compose project. */
import { execFile } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import { composeEnv } from "../../docker/composePlugin.ts"
import { docker, harms, inWorld, type Options, sleep, until, v1, v2, type World } from "./world.ts"

const v3 = "1.2.0+1.2.0"
const run = promisify(execFile)

const succeeds = async (world: World, ...args: ReadonlyArray<string>) => {
  const ran = await world.lastgood(args)
  assert.strictEqual(ran.code, 0, ran.said)
  return ran
}

const isRefused = async (world: World, gate: string, ...args: ReadonlyArray<string>) => {
  const ran = await world.lastgood(args)
  assert.strictEqual(ran.code, 5, ran.said)
  assert.include(ran.said, `${gate}: `)
  return ran
}

const eventsOf = async (world: World, type: string) => (await world.log()).events.filter((event) => event.type === type)

const expectNoDrift = async (world: World, after: string) =>
  assert.deepStrictEqual(
    (await eventsOf(world, "DriftDetected")).map(({ data }) => JSON.stringify(data)),
    [],
    `drift after ${after}`
  )

const isGone = (world: World) =>
  until("the app does not go down", async () => {
    const { containers, networks, services } = await world.objects()
    return services.length + containers.length + networks.length === 0
  })

const takeDown = async (world: World) => {
  if (world.runtime === "compose") await run("docker", ["compose", "-p", world.stack, "down"], { env: environment() })
  else await docker("stack", "rm", world.stack)
  await isGone(world)
}

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env["PATH"] ?? "",
  HOME: process.env["HOME"] ?? "",
  ...composeEnv,
  ...more
})

/** As an operator without lastgood would do it: the tool's own command, in a folder with an old version. */
const deployByHand = async (world: World, version: string, change = (compose: string) => compose) => {
  const folder = world.at(`by-hand-${version}`)
  await run("git", ["clone", "--quiet", "--branch", version, world.at("recipe"), folder]).catch(() => undefined)
  const file = join(folder, "compose.yml")
  await writeFile(file, change(await readFile(file, "utf8")))
  const variables = Object.fromEntries(
    (await readFile(world.at("demo.env"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.split("=") as [string, string])
  )
  const args =
    world.runtime === "compose"
      ? ["compose", "-p", world.stack, "up", "-d"]
      : ["stack", "deploy", "--resolve-image", "never", "-c", "compose.yml", world.stack]
  await run("docker", args, { cwd: folder, env: environment(variables) })
  await until(`${version} does not run`, async () => (await world.page())?.version === version)
}

const runs = async (world: World, version: string) => {
  await until(`${version} does not run`, async () => (await world.page())?.version === version)
  assert.include((await world.page())?.rows ?? [], "a")
}

const containerOf = async (world: World, service: string): Promise<string> => {
  const name = world.runtime === "compose" ? `${world.stack}-${service}-` : `${world.stack}_${service}.`
  return (await docker("ps", "--quiet", "--filter", `name=${name}`))[0] ?? ""
}

/** Somebody starts the same again: nothing was changed. */
const restart = async (world: World) => {
  await docker("restart", await containerOf(world, "web"))
  if (world.runtime !== "compose") await docker("service", "update", "--quiet", "--force", `${world.stack}_worker`)
  await until("it does not come back", async () => (await world.page()) !== null)
  await until("the worker does not come back", async () => (await containerOf(world, "worker")) !== "")
  await sleep(2000)
}

const setEnv = (world: World, change: (text: string) => string) =>
  readFile(world.at("demo.env"), "utf8").then((text) => writeFile(world.at("demo.env"), change(text)))

const extra = (compose: string) => compose.replace('    START: "', '    EXTRA: $EXTRA\n    START: "')

const extraOf = async (world: World) =>
  (await docker("exec", await containerOf(world, "web"), "sh", "-c", "echo $EXTRA"))[0]

export const dataStories = (options: Options): void => {
  it.concurrent("is not started if its volumes were removed; restore recreates them", () =>
    inWorld(async (world) => {
      await succeeds(world, "snapshot", "demo")
      await takeDown(world)
      await docker("volume", "rm", `${world.stack}_data`, `${world.stack}_jobs`)
      const ran = await isRefused(world, "data-missing", "deploy", "demo")
      assert.include(ran.said, "lastgood restore demo")
      await isRefused(world, "data-missing", "deploy", "demo")
      await isRefused(world, "data-missing", "snapshot", "demo")
      const pass = await world.lastgood(["reconcile", "--once"])
      assert.strictEqual(pass.code, 1, pass.said)
      assert.deepStrictEqual((await world.objects()).volumes, [])
      const alerts = await world.alerts()
      assert.deepStrictEqual(
        alerts.map(({ outcome }) => outcome),
        ["data-missing"]
      )
      assert.include(alerts[0]?.next, "lastgood restore demo")

      await succeeds(world, "restore", "demo")
      await runs(world, v1)
      await succeeds(world, "snapshot", "demo")
      assert.lengthOf(await eventsOf(world, "DriftDetected"), 1)
    }, options))

  it.concurrent("is not started if one volume was recreated, unless an operator says so", () =>
    inWorld(async (world) => {
      await succeeds(world, "snapshot", "demo")
      await takeDown(world)
      await docker("volume", "rm", `${world.stack}_data`)
      await docker("volume", "create", `${world.stack}_data`)
      await isRefused(world, "data-missing", "deploy", "demo")
      await succeeds(world, "deploy", "demo", "--without-data")
      await until("1.0.0 does not run", async () => (await world.page())?.version === v1)
      assert.deepStrictEqual((await world.page())?.rows, [])
      await succeeds(world, "snapshot", "demo")
    }, options))
}

export const driftStories = (options: Options): void => {
  it.concurrent("refuses to build on a deploy by hand until an operator decides", () =>
    inWorld(async (world) => {
      await world.tag(v2)
      await succeeds(world, "upgrade", "demo")
      await world.tag(v3)
      await deployByHand(world, v1)
      await isRefused(world, "drift", "upgrade", "demo")
      await isRefused(world, "drift", "snapshot", "demo")
      await isRefused(world, "drift", "upgrade", "demo")
      assert.deepStrictEqual(
        (await world.alerts()).map(({ outcome }) => outcome),
        ["drift"]
      )
      assert.lengthOf(await eventsOf(world, "DriftDetected"), 1)
      assert.strictEqual(await world.lastGood(), v2)

      const before = (await eventsOf(world, "SnapshotTaken")).length
      await succeeds(world, "deploy", "demo")
      await runs(world, v2)
      assert.lengthOf(await eventsOf(world, "SnapshotTaken"), before + 1)
      await succeeds(world, "upgrade", "demo")
      await runs(world, v3)

      await deployByHand(world, v1)
      await isRefused(world, "drift", "snapshot", "demo")
      await succeeds(world, "promote", "demo", "--version", v1)
      await runs(world, v1)
      assert.strictEqual(await world.lastGood(), v1)
      await succeeds(world, "snapshot", "demo")
      assert.lengthOf(await eventsOf(world, "DriftDetected"), 2)
    }, options))

  it.concurrent("detects changes by hand in the running app", () =>
    inWorld(async (world) => {
      const { stack } = world
      const changes: ReadonlyArray<readonly [RegExp, () => Promise<unknown>]> =
        world.runtime === "compose"
          ? [
              [
                /web: its configuration was changed/,
                () => deployByHand(world, v1, (compose) => compose.replace("period: 5s", "period: 6s"))
              ]
            ]
          : [
              [
                /web: its configuration was changed/,
                () => docker("service", "update", "--quiet", "--env-add", "BY_HAND=1", `${stack}_web`)
              ],
              [
                /web: expected .*, found by-hand/,
                async () => {
                  await docker("tag", "lastgood-test/busybox:1", `by-hand-${stack}:1`)
                  await docker(
                    ...["service", "update", "--quiet", "--no-resolve-image"],
                    ...["--image", `by-hand-${stack}:1`, `${stack}_web`]
                  )
                }
              ],
              [
                /worker: expected 1 replicas, found 2/,
                () => docker("service", "update", "--quiet", "--replicas", "2", `${stack}_worker`)
              ]
            ]
      for (const [what, change] of changes) {
        await change()
        const ran = await isRefused(world, "drift", "snapshot", "demo")
        assert.match(ran.said, what)
        await succeeds(world, "deploy", "demo")
        await runs(world, v1)
        await succeeds(world, "snapshot", "demo")
      }
      assert.lengthOf(await eventsOf(world, "DriftDetected"), changes.length)
      if (world.runtime !== "compose") await docker("rmi", `by-hand-${stack}:1`)
    }, options))
}

/** Each of these does what lastgood itself does, and no drift may be seen in it. */
const calmly = (world: World) => ({
  checked: async (...args: ReadonlyArray<string>) => {
    await succeeds(world, ...args)
    await expectNoDrift(world, args.join(" "))
  },
  failing: async (...args: ReadonlyArray<string>) => {
    const ran = await world.lastgood(args)
    assert.strictEqual(ran.code, 3, ran.said)
    await expectNoDrift(world, args.join(" "))
  }
})

export const calmStories = (options: Options): void => {
  it.concurrent("detects no drift in lastgood's own changes or in a restart", () =>
    inWorld(async (world) => {
      const { checked } = calmly(world)
      await world.tag(v2, {}, extra)
      await setEnv(world, (text) => `${text}EXTRA=none\n`)
      await checked("snapshot", "demo")
      await restart(world)
      await checked("upgrade", "demo")
      await restart(world)
      await checked("snapshot", "demo")
      await checked("rollback", "demo")
      await checked("promote", "demo")
      await checked("retry", "demo", v2)
      await checked("upgrade", "demo")
      await checked("try", "demo", v2)
      await checked("restore", "demo")
      await runs(world, v2)
    }, options))

  it.concurrent("detects no drift in a new env file, or in a rollback from a bad one or from a failed version", () =>
    inWorld(async (world) => {
      const { checked, failing } = calmly(world)
      await world.tag(v2, {}, extra)
      await setEnv(world, (text) => `${text}EXTRA=none\n`)
      await checked("upgrade", "demo")
      await setEnv(world, (text) => text.replace("none", "good"))
      const before = (await eventsOf(world, "SnapshotTaken")).length
      await checked("deploy", "demo")
      assert.strictEqual(await extraOf(world), "good")
      assert.lengthOf(await eventsOf(world, "SnapshotTaken"), before + 1)
      await checked("deploy", "demo")
      assert.lengthOf(await eventsOf(world, "SnapshotTaken"), before + 1)
      // Nobody listens where the health check looks.
      const good = await readFile(world.at("demo.env"), "utf8")
      await setEnv(world, (text) => text.replace(/PORT=\d+/, "PORT=9").replace("good", "bad"))
      await failing("deploy", "demo")
      await runs(world, v2)
      assert.strictEqual(await extraOf(world), "good")
      await setEnv(world, () => good)
      await checked("deploy", "demo")

      await world.tag(v3, harms)
      await failing("upgrade", "demo")
      await runs(world, v2)
      await takeDown(world)
      await checked("deploy", "demo")
      await runs(world, v2)
      await checked("snapshot", "demo")
    }, options))
}
