/**
 * The main job on docker compose with a real database, from outside: the command line, PostgreSQL's own answers, the files
 * under the root. The story of one app, told in order; the recipe is the one that the swarm's story has.
 */
import { watch } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { binary as bin } from "@lastgood/testing/binary"
import { worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { ensureImages } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"
import { healthQuery, makePostgresRecipe, versions } from "../swarm/PostgresRecipe.ts"

const project = `lgpc_${process.pid}`

describeCompose("PostgreSQL on docker compose", () => {
  let folder = ""
  let root = ""

  const lastgood = async (args: ReadonlyArray<string>, fault = "") => {
    const faults = fault === "" ? {} : { LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: fault }
    const { exitCode, signal, stdout, stderr } = await execa(
      process.execPath,
      [bin, ...args, "--config", join(folder, "lastgood.yaml")],
      { reject: false, env: { NO_COLOR: "1", ...composeEnv, ...faults } }
    )
    return { code: exitCode ?? signal, stdout, said: `${args.join(" ")} → ${exitCode ?? signal}\n${stdout}\n${stderr}` }
  }
  const expectCode = async (code: number, ...args: ReadonlyArray<string>) => {
    const result = await lastgood(args)
    assert.strictEqual(result.code, code, result.said)
    return result
  }
  const expectKilled = async (fault: string, ...args: ReadonlyArray<string>) => {
    const result = await lastgood(args, fault)
    assert.strictEqual(result.code, "SIGKILL", result.said)
  }
  const list = async (...args: ReadonlyArray<string>) => {
    const { stdout } = await execa("docker", [...args, "--filter", `label=com.docker.compose.project=${project}`])
    return stdout.split("\n").filter((line) => line !== "")
  }
  const sql = async (query: string) => {
    const [container = ""] = await list("ps", "--quiet")
    const psql = ["psql", "-h", "/var/run/postgresql", "-U", "postgres", "-qtAc", query]
    return (await execa("docker", ["exec", container, ...psql])).stdout.trim()
  }
  const lastGoodFile = async () => (await readFile(join(root, "pg/last_good"), "utf8")).trim()
  const alerts = () => Effect.runPromise(worldIn(folder).alertsOf("pg"))
  const events = async () => {
    const { stdout } = await expectCode(0, "log", "pg", "--json")
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  }

  beforeAll(async () => {
    await Effect.runPromise(ensureImages("postgres"))
    folder = await mkdtemp(join(tmpdir(), "lastgood-compose-pg-"))
    root = join(folder, "root")
    const recipe = await makePostgresRecipe(folder)
    await writeFile(join(folder, "pg.env"), "POSTGRES_NOTE=not-a-secret\n", { mode: 0o600 })
    await writeFile(
      join(folder, "lastgood.yaml"),
      `
root: ${root}
apps:
  pg:
    recipe: ${recipe}
    runtime: compose
    domain: pg.example.org
    stack: ${project}
    env: ./pg.env
    deadlines: { undeploy: 90s, deploy: 60s }
    health:
      deadline: 25s
      stableFor: 1s
      interval: 500ms
      checks:
        - exec: "psql -h /var/run/postgresql -U postgres -v ON_ERROR_STOP=1 -qtAc '${healthQuery}'"
          service: db
`
    )
  }, 600_000)

  afterAll(async () => {
    await Effect.runPromise(removeStack(project))
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  it("is deployed through the health gate", { timeout: 120_000 }, async () => {
    await expectCode(0, "deploy", "pg", "--to", versions.first)
    assert.strictEqual(await lastGoodFile(), versions.first)
    await sql("insert into guests values ('Ada')")
    const status = JSON.parse((await expectCode(0, "status", "--json")).stdout).apps[0]
    assert.deepStrictEqual([status.running, status.lastGood], [versions.first, versions.first])
  })

  /** Verifies: LAW-1, LAW-4, LAW-6 */
  it("is upgraded even if lastgood is killed while the app is down, without a write to its volume", {
    timeout: 240_000
  }, async () => {
    const { stdout: data } = await execa("docker", ["volume", "inspect", "-f", "{{.Mountpoint}}", `${project}_data`])
    const writes: Array<number> = []
    const probe = watch(data, { recursive: true }, () => writes.push(Date.now()))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.isAbove(writes.length, 0, "the probe is blind: it sees no write of a database that writes all the time")
    await expectKilled("forward/undeploy:after:kill", "upgrade", "pg", "--to", versions.second)
    assert.deepStrictEqual(await list("ps", "--all", "--quiet"), [])
    assert.deepStrictEqual(await list("network", "ls", "--quiet"), [])
    await expectCode(0, "upgrade", "pg", "--to", versions.second)
    probe.close()

    const log = await events()
    const attempt = log.findLast((e) => e.type === "UpgradeAttempted").attempt
    const at = (type: string) => Date.parse(log.find((e) => e.type === type && e.attempt === attempt).at)
    const inWindow = writes.filter((t) => t > at("Undeployed") && t < at("SnapshotTaken"))
    assert.deepStrictEqual(inWindow, [])
    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    assert.strictEqual(await lastGoodFile(), versions.second)
    assert.deepStrictEqual(await alerts(), [])
  })

  /** Verifies: LAW-2, LAW-3, LAW-6, LAW-8, LAW-9, LAW-10 */
  it("is rolled back with its data from a version that migrates and is unhealthy, even if lastgood is killed", {
    timeout: 300_000
  }, async () => {
    await sql("insert into guests values ('Grace', 'grace@example.org')")
    const upgrade = ["upgrade", "pg", "--to", versions.unhealthy]
    await expectKilled("forward/deploy:after:kill", ...upgrade)
    await expectKilled("back/restore:after:kill", ...upgrade)
    await expectCode(3, ...upgrade)

    // The app is the old version on the old schema, with every row that was written before the upgrade and none after.
    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',' order by name) from guests"), "Ada,Grace")
    assert.strictEqual(await lastGoodFile(), versions.second)
    const alert = (await alerts()).at(-1)
    assert.deepStrictEqual(
      [alert?.attempted, alert?.last_good, alert?.recovered],
      [versions.unhealthy, versions.second, true]
    )
    const status = JSON.parse((await expectCode(0, "status", "--json")).stdout).apps[0]
    assert.deepStrictEqual([status.running, status.lastGood], [versions.second, versions.second])
    assert.deepStrictEqual(
      status.quarantined.map((q: { version: string }) => q.version),
      [versions.unhealthy]
    )
  })

  /** Verifies: LAW-2, LAW-6 */
  it("is rolled back to its first version and data by the operator", { timeout: 180_000 }, async () => {
    const first = JSON.parse((await expectCode(0, "snapshots", "pg", "--json")).stdout).snapshots.find(
      (s: { version: string }) => s.version === versions.first
    )
    await expectCode(0, "rollback", "pg", "--snapshot", first.id)
    assert.strictEqual(await sql("select max(v) from schema_version"), "1")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    assert.strictEqual(await lastGoodFile(), versions.first)
    await expectCode(0, "verify", "pg")
    assert.lengthOf(await list("ps", "--all", "--quiet"), 1)
  })
})
