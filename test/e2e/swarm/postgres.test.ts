/**
 * The main job on a real swarm with a real database, from outside: the command line, PostgreSQL's own answers, the files
 * under the root. The story of one app, told in order.
 */
import { existsSync, watch } from "node:fs"
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { postgresImage } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { healthQuery, makePostgresRecipe, versions } from "./PostgresRecipe.ts"

const stack = `lgpg_${process.pid}`
const prober = `${stack}_aside`

describeSwarm("PostgreSQL on a swarm", () => {
  let folder = ""
  let root = ""

  const lastgood = async (...args: ReadonlyArray<string>) => {
    const ran = await Effect.runPromise(worldIn(folder).lastgood(args))
    return { ...ran, said: `${args.join(" ")} → ${ran.code}\n${ran.stdout}\n${ran.stderr}` }
  }
  const expectCode = async (code: number, ...args: ReadonlyArray<string>) => {
    const result = await lastgood(...args)
    assert.strictEqual(result.code, code, result.said)
    return result
  }
  const container = async () => {
    const { stdout } = await execa("docker", ["ps", "-q", "--filter", `label=com.docker.stack.namespace=${stack}`])
    return stdout.split("\n")[0] ?? ""
  }
  const sqlIn = async (id: string, query: string) => {
    const { stdout } = await execa("docker", [
      "exec",
      id,
      "psql",
      "-h",
      "/var/run/postgresql",
      "-U",
      "postgres",
      "-qtAc",
      query
    ])
    return stdout.trim()
  }
  const sql = async (query: string) => sqlIn(await container(), query)
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
    folder = await mkdtemp(join(tmpdir(), "lastgood-pg-"))
    root = join(folder, "root")
    const recipe = await makePostgresRecipe(folder)
    await writeFile(join(folder, "pg.env"), "POSTGRES_NOTE=not-a-secret\n")
    await chmod(join(folder, "pg.env"), 0o600)
    await writeFile(
      join(folder, "lastgood.yaml"),
      `
root: ${root}
apps:
  pg:
    recipe: ${recipe}
    runtime: swarm
    domain: pg.example.org
    stack: ${stack}
    env: ./pg.env
    deadlines: { undeploy: 90s, deploy: 60s }
    health:
      deadline: 25s
      stableFor: 2s
      interval: 500ms
      checks:
        - exec: "psql -h /var/run/postgresql -U postgres -v ON_ERROR_STOP=1 -qtAc '${healthQuery}'"
          service: db
`
    )
  })

  afterAll(async () => {
    await execa("docker", ["rm", "-f", prober], { reject: false })
    await execa("docker", ["stack", "rm", stack], { reject: false })
    for (let i = 0; i < 60; i++) {
      const { stdout } = await execa("docker", ["ps", "-aq", "--filter", `label=com.docker.stack.namespace=${stack}`])
      if (stdout === "") break
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    await execa("docker", ["volume", "rm", `${stack}_data`], { reject: false })
    await rm(folder, { recursive: true, force: true })
  })

  it("is deployed through the health gate", { timeout: 120_000 }, async () => {
    await expectCode(0, "deploy", "pg", "--to", versions.first)
    assert.strictEqual(await lastGoodFile(), versions.first)
    await sql("insert into guests values ('Ada')")
    assert.strictEqual(await sql("select max(v) from schema_version"), "1")
  })

  /** Verifies: LAW-1, LAW-4, LAW-5 */
  it("is upgraded without a write to its volume during the snapshot", { timeout: 180_000 }, async () => {
    const { stdout: data } = await execa("docker", ["volume", "inspect", "-f", "{{.Mountpoint}}", `${stack}_data`])
    const writes: Array<number> = []
    const probe = watch(data, { recursive: true }, () => writes.push(Date.now()))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.isAbove(writes.length, 0, "the probe is blind: it sees no write of a database that writes all the time")
    await expectCode(0, "upgrade", "pg", "--to", versions.second)
    probe.close()

    const log = await events()
    const attempt = log.findLast((e) => e.type === "UpgradeAttempted").attempt
    const at = (type: string) => Date.parse(log.find((e) => e.type === type && e.attempt === attempt).at)
    const inWindow = writes.filter((t) => t > at("Undeployed") && t < at("SnapshotTaken"))
    assert.deepStrictEqual(inWindow, [])
    assert.isAbove(writes.filter((t) => t <= at("Undeployed")).length, 0)

    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    assert.strictEqual(await lastGoodFile(), versions.second)
    const snapshot = join(root, "pg/snapshot")
    assert.isTrue(existsSync(join(snapshot, "volumes", `${stack}_data.tar`)))
    const meta = JSON.parse(await readFile(join(snapshot, "meta.json"), "utf8"))
    assert.deepStrictEqual([meta.version, meta.volumes], [versions.first, [`${stack}_data`]])
    assert.strictEqual((await stat(join(snapshot, "meta.json"))).mode & 0o777, 0o600)
    assert.deepStrictEqual(await alerts(), [])
  })

  /** Verifies: LAW-2, LAW-9, LAW-10 */
  it("is rolled back with its data from a version that does not start", { timeout: 240_000 }, async () => {
    await sql("insert into guests values ('Grace', 'grace@example.org')")
    const { stderr, stdout } = await expectCode(3, "upgrade", "pg", "--to", versions.broken)
    assert.match(stderr + stdout, /1\.2\.0/)
    assert.strictEqual(await sql("select string_agg(name, ',' order by name) from guests"), "Ada,Grace")
    assert.strictEqual(await lastGoodFile(), versions.second)
    const [alert] = await alerts()
    assert.deepStrictEqual(
      [alert?.attempted, alert?.last_good, alert?.recovered],
      [versions.broken, versions.second, true]
    )
    assert.match(
      alert?.why ?? "",
      /(?:tasks ended|not converged in time): .*last log lines: .*cannot start: license file is missing/
    )
  })

  /** Verifies: LAW-2, LAW-3, LAW-9, LAW-10 */
  it("is rolled back from a version that migrates and is unhealthy, and the replaced data is kept", {
    timeout: 300_000
  }, async () => {
    await sql("insert into guests values ('Barbara', '')")
    await expectCode(3, "upgrade", "pg", "--to", versions.unhealthy)

    // The app is the old version on the old schema, with every row that was written before the upgrade and none after.
    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',' order by name) from guests"), "Ada,Barbara,Grace")
    assert.strictEqual(await lastGoodFile(), versions.second)
    const alert = (await alerts()).at(-1)
    assert.deepStrictEqual(
      [alert?.attempted, alert?.last_good, alert?.recovered],
      [versions.unhealthy, versions.second, true]
    )

    // What the failed version wrote is in the data that was set aside: a server started on it says so.
    const setAside = (await events()).findLast((e) => e.type === "DataSetAside").data.volumes[0].path
    await execa("docker", ["run", "-d", "--name", prober, "-v", `${setAside}:/var/lib/postgresql/data`, postgresImage])
    let rows = ""
    for (let i = 0; i < 100 && rows === ""; i++) {
      rows = await sqlIn(prober, "select string_agg(full_name, ',' order by full_name) from guests").catch(() => "")
      if (rows === "") await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await execa("docker", ["rm", "-f", prober])
    assert.strictEqual(rows, "Ada,Barbara,Grace,written by 1.3")
  })

  /** Verifies: LAW-8 */
  it("does not try the failed versions again automatically", { timeout: 60_000 }, async () => {
    const { stdout } = await expectCode(5, "upgrade", "pg")
    assert.match(stdout, /quarantine/)
    const status = JSON.parse((await expectCode(0, "status", "--json")).stdout).apps[0]
    assert.deepStrictEqual(status.quarantined.map((q: { version: string }) => q.version).toSorted(), [
      versions.broken,
      versions.unhealthy
    ])
    assert.deepStrictEqual([status.running, status.lastGood], [versions.second, versions.second])
  })

  /** Verifies: LAW-2 */
  it("is rolled back to its first version and data by the operator", { timeout: 180_000 }, async () => {
    const first = JSON.parse((await expectCode(0, "snapshots", "pg", "--json")).stdout).snapshots.find(
      (s: { version: string }) => s.version === versions.first
    )
    await expectCode(0, "rollback", "pg", "--snapshot", first.id)
    assert.strictEqual(await sql("select max(v) from schema_version"), "1")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    assert.strictEqual(await lastGoodFile(), versions.first)
  })

  /** Verifies: LAW-6 */
  it("has a log that verifies, and a state that is its fold", { timeout: 120_000 }, async () => {
    await expectCode(0, "verify", "pg")
    const replayed = JSON.parse((await expectCode(0, "replay", "pg", "--json")).stdout)
    assert.include(JSON.stringify(replayed), versions.first)
  })
})
