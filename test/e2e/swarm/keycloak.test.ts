/**
 * The main job with a real Keycloak on a real PostgreSQL, from outside: the command line, Keycloak's own API, what its
 * migrations left in the database, the files under the root. The story of one app, told in order.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import keycloak from "@lastgood/plugins/keycloak"
import { binary as bin } from "@lastgood/testing/binary"
import { freePort } from "@lastgood/testing/freePort"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { buildKeycloak, postgresImage } from "../../docker/images.ts"
import { whyNoSwarm } from "../../docker/requireDocker.ts"
import { removeStack } from "../../docker/testStack.ts"
import { troubles } from "../../docker/troubles.ts"
import { describeNeeding } from "../../needing.ts"
import { makeKeycloakRecipe, versions } from "./KeycloakRecipe.ts"
import { until } from "./world.ts"

const stack = `lgkc_${process.pid}`
const prober = `${stack}_aside`
/** With what an address reads otherwise. */
const password = 'pass&w%rd+ "1"'

const story = () => {
  let folder = ""
  let url = ""

  const expectCode = async (code: number, ...args: ReadonlyArray<string>) => {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [bin, ...args, "--config", join(folder, "lastgood.yaml")],
      { reject: false, env: { NO_COLOR: "1" } }
    )
    assert.strictEqual(exitCode, code, `${args.join(" ")} → ${exitCode}\n${stdout}\n${stderr}`)
    return stdout + stderr
  }
  const containersOf = async (service: string) => {
    const { stdout } = await execa("docker", [
      "ps",
      "-q",
      "--filter",
      `label=com.docker.swarm.service.name=${stack}_${service}`
    ])
    return stdout.split("\n")
  }
  /** How many changes to its database Keycloak has made. */
  const changes = async (container: string) => {
    const query = ["psql", "-U", "postgres", "-d", "keycloak", "-qtAc", "select count(*) from databasechangelog"]
    return Number((await execa("docker", ["exec", container, ...query])).stdout)
  }
  const changesNow = async () => changes((await containersOf("db"))[0] ?? "")
  const realm = async (name: string) => (await fetch(`${url}/realms/${name}`)).status
  const lastGood = async () => (await readFile(join(folder, "root/keycloak/last_good"), "utf8")).trim()
  const alerts = async () => {
    const place = join(folder, "root/keycloak/alerts")
    const names = (await readdir(place).catch(() => [])).toSorted()
    return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(place, name), "utf8"))))
  }
  const events = async () =>
    (await expectCode(0, "log", "keycloak", "--json"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))

  const settings = () => ({ url, admin: { user: "admin", passwordFile: "/run/secrets/admin_password" } })
  const configure = (deadline: string) =>
    writeFile(
      join(folder, "lastgood.yaml"),
      `
root: ./root
apps:
  keycloak:
    recipe: ./keycloak
    runtime: swarm
    domain: id.example.org
    stack: ${stack}
    env: ./keycloak.env
    settings: ${JSON.stringify(settings())}
    health: { deadline: ${deadline}, stableFor: 2s, interval: 1s }
`
    )

  /** What people do with a Keycloak: a realm of their own. */
  const makeMarker = async () => {
    const form = { grant_type: "password", client_id: "admin-cli", username: "admin", password }
    const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams(form)
    })
    const { access_token } = (await answer.json()) as { access_token: string }
    const made = await fetch(`${url}/admin/realms`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: JSON.stringify({ realm: "marker", enabled: true })
    })
    assert.strictEqual(made.status, 201)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lastgood-kc-"))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    await makeKeycloakRecipe(folder)
    await writeFile(join(folder, "keycloak.env"), `PORT=${port}\n`, { mode: 0o600 })
    for (const [name, input] of [
      ["admin_password", password],
      ["db_password", "a-password-of-the-database"]
    ] as const) {
      await execa("docker", ["secret", "create", `${stack}_${name}_v1`, "-"], { input })
    }
    await configure("4m")
  })

  afterAll(async () => {
    await execa("docker", ["rm", "-f", prober], { reject: false })
    await Effect.runPromise(removeStack(stack))
    await rm(folder, { recursive: true, force: true })
  })

  let before = 0

  it("is deployed through the plugin's health gate", { timeout: 300_000 }, async () => {
    await expectCode(0, "deploy", "keycloak", "--to", versions.first)
    assert.strictEqual(await lastGood(), versions.first)
    await makeMarker()
    assert.strictEqual(await realm("marker"), 200)
    before = await changesNow()

    const runtime = await Effect.runPromise(makeSwarmRuntime)
    const see = (over: object) => Effect.runPromise(troubles(runtime, { stack }, keycloak, { ...settings(), ...over }))
    assert.strictEqual(await see({}), "")
    assert.match(await see({ management: 9001 }), /Connection refused/)
    assert.match(
      await see({ admin: { user: "admin", passwordFile: "/etc/hostname" } }),
      /^exit 1: not let in: HTTP\/1\.\d 401/
    )
    assert.match(await see({ realm: "none" }), /404/)
  })

  /** Verifies: LAW-2, LAW-9, LAW-10 */
  it("is rolled back with its data from a version that migrates the database and is unhealthy", {
    timeout: 500_000
  }, async () => {
    // All of it is waited for: a wrong name could still be put right.
    await configure("75s")
    await expectCode(3, "upgrade", "keycloak", "--to", versions.unhealthy)
    await configure("4m")

    // The new server had started and was ready; only the name in its tokens was wrong.
    const log = await events()
    const judged = log.findLast((e) => e.type === "HealthFailed").data.checks as ReadonlyArray<{
      name: string
      passed: boolean
    }>
    assert.deepStrictEqual(
      judged.flatMap(({ name, passed }) => (passed ? [] : [name.replace(url, "")])),
      ["http /realms/master/.well-known/openid-configuration"]
    )
    // Its migration is in the data that was set aside, and nowhere else.
    const volumes = log.findLast((e) => e.type === "DataSetAside").data.volumes as ReadonlyArray<{
      volume: string
      path: string
    }>
    const aside = volumes.find(({ path }) => path.includes("postgres"))?.path ?? ""
    await execa("docker", ["run", "-d", "--name", prober, "-v", `${aside}:/var/lib/postgresql/data`, postgresImage])
    let migrated = 0
    await until("the data set aside has no database", async () => {
      migrated = await changes(prober).catch(() => 0)
      return migrated > 0
    })
    await execa("docker", ["rm", "-f", prober])
    assert.isAbove(migrated, before)

    assert.strictEqual(await changesNow(), before)
    assert.strictEqual(await realm("marker"), 200)
    assert.strictEqual(await lastGood(), versions.first)
    const { attempted, last_good, recovered } = (await alerts()).at(-1)
    assert.deepStrictEqual([attempted, last_good, recovered], [versions.unhealthy, versions.first, true])
  })

  /** Verifies: LAW-5 */
  it("is upgraded, migrates its database and keeps its realms", { timeout: 400_000 }, async () => {
    await expectCode(0, "upgrade", "keycloak", "--to", versions.second)
    assert.isAbove(await changesNow(), before)
    assert.strictEqual(await realm("marker"), 200)
    assert.strictEqual(await lastGood(), versions.second)
    assert.lengthOf(await alerts(), 1)
  })

  /** Verifies: LAW-10, LAW-14 */
  it("is not touched by a version with an invalid compose file", { timeout: 120_000 }, async () => {
    const running = [...(await containersOf("app")), ...(await containersOf("db"))]
    const said = await expectCode(5, "upgrade", "keycloak")
    assert.match(said, /volumse/)
    assert.deepStrictEqual([...(await containersOf("app")), ...(await containersOf("db"))], running)
    assert.strictEqual(await realm("marker"), 200)
    assert.strictEqual(await lastGood(), versions.second)
    const { attempted, last_good, recovered } = (await alerts()).at(-1)
    assert.deepStrictEqual([attempted, last_good, recovered], [versions.broken, versions.second, true])
  })

  /** Verifies: LAW-12 */
  it("has not revealed its admin's password", { timeout: 120_000 }, async () => {
    const told = JSON.stringify([await events(), await alerts(), await expectCode(0, "status", "--json")])
    assert.notInclude(told, JSON.stringify(password).slice(1, -1))
    assert.notInclude(told, encodeURIComponent(password))
  })
}

// Before anything is built: is there somewhere to run it?
const missing = whyNoSwarm() ?? (await buildKeycloak())
describeNeeding("LASTGOOD_TEST_DOCKER", missing, "Keycloak on a swarm", story)
