/**
 * A project that ran before lastgood did, with its database in a folder beside the compose file and its settings in files
 * that no version brings: taken over as it runs, upgraded, and rolled back with its data. From outside, told in order.
 */
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { binary as bin } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { busyboxImage, ensureImages, postgresImage } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"
import { healthQuery, makePostgresRecipe, versions } from "../swarm/PostgresRecipe.ts"

const project = `lgpf_${process.pid}`

const secrets = { before: "hush-before-5831", after: "hush-after-7746" }
const settled = (secret: string) => `hello ${secret}-note ${secret}-file 440:70`

const text = `
services:
  db:
    image: ${postgresImage}
    entrypoint: ["sh", "/start.sh"]
    stop_grace_period: 20s
    env_file: [settings.env]
    secrets: [hush]
    environment:
      GREETING: \${GREETING:?}
    volumes:
      - ./start.sh:/start.sh:ro
      - ./data:/var/lib/postgresql/data
secrets:
  hush: { file: ./secrets/hush.txt }
`

describeCompose("A project with its data in folders", () => {
  let folder = ""
  let root = ""
  let home = ""
  /** Everything that lastgood printed. */
  let printed = ""

  /** Files that no version brings. The secret is for the database's own user. */
  const writeSettings = async (secret: string) => {
    await writeFile(join(home, "settings.env"), `POSTGRES_NOTE=${secret}-note\n`, { mode: 0o600 })
    await mkdir(join(home, "secrets"), { recursive: true })
    await rm(join(home, "secrets/hush.txt"), { force: true })
    await writeFile(join(home, "secrets/hush.txt"), `${secret}-file\n`, { mode: 0o400 })
    await chown(join(home, "secrets/hush.txt"), 0, 70)
    await chmod(join(home, "secrets/hush.txt"), 0o440)
  }
  const settingsInside = async () => {
    const command = "echo $GREETING $POSTGRES_NOTE $(cat /run/secrets/hush) $(stat -c %a:%g /run/secrets/hush)"
    return (await inFolder("exec", "--no-TTY", "db", "sh", "-c", command)).stdout.trim()
  }

  const lastgood = async (args: ReadonlyArray<string>, fault = "") => {
    const faults = fault === "" ? {} : { LASTGOOD_TEST_FAULTS: "1", LASTGOOD_FAULT: fault }
    const { exitCode, signal, stdout, stderr } = await execa(
      process.execPath,
      [bin, ...args, "--config", join(folder, "lastgood.yaml")],
      { reject: false, env: { NO_COLOR: "1", ...composeEnv, ...faults } }
    )
    printed += stdout + stderr
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
  const inFolder = (...args: ReadonlyArray<string>) =>
    execa("docker", ["compose", ...args], { cwd: home, env: composeEnv })
  const sql = async (query: string) => {
    const psql = ["psql", "-h", "/var/run/postgresql", "-U", "postgres", "-qtAc", query]
    return (await inFolder("exec", "--no-TTY", "db", ...psql)).stdout.trim()
  }
  const lastGoodFile = async () => (await readFile(join(root, "pg/last_good"), "utf8")).trim()
  const configure = (more = "") =>
    writeFile(
      join(folder, "lastgood.yaml"),
      `
root: ${root}
apps:
  pg:
    recipe: ./${project}
    folder: ./${project}
    runtime: compose
    ${more}
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

  beforeAll(async () => {
    await Effect.runPromise(ensureImages("postgres", "busybox"))
    folder = await mkdtemp(join(tmpdir(), "lastgood-compose-folder-"))
    root = join(folder, "root")
    home = await makePostgresRecipe(folder, { name: project, text })
    await execa("git", ["-C", home, "checkout", "-q", versions.first])
    await writeFile(join(home, ".env"), "GREETING=hello\n", { mode: 0o600 })
    await writeSettings(secrets.before)
    await mkdir(join(home, "data"))
    await configure()
    await inFolder("up", "--detach")
    for (let tries = 0; tries < 100; tries++) {
      const asked = await sql("select count(*) from ticks").catch(() => "")
      if (Number(asked) > 0) break
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await sql("insert into guests values ('Ada')")
  }, 600_000)

  afterAll(async () => {
    await Effect.runPromise(removeStack(project))
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  /** Verifies: LAW-4, LAW-11 */
  it("is taken over as it runs, with a snapshot of its folder", { timeout: 300_000 }, async () => {
    const owner = async () => {
      const { mode, uid } = await stat(join(home, "data"))
      return [uid, mode.toString(8)]
    }
    const before = await owner()
    await expectCode(0, "promote", "pg", "--version", versions.first)
    assert.strictEqual(await lastGoodFile(), versions.first)
    assert.deepStrictEqual(await owner(), before)
    const meta = JSON.parse(await readFile(join(root, "pg/snapshot/meta.json"), "utf8"))
    assert.deepStrictEqual(meta.volumes, [join(home, "data")])
    const { file, kind } = meta.archives[join(home, "data")]
    assert.strictEqual(kind, "folder")
    const { stdout } = await execa("tar", ["-tf", join(root, "pg/snapshot", file)])
    assert.include(stdout, "./PG_VERSION")
    await expectCode(0, "verify", "pg")
  })

  /** Verifies: LAW-1, LAW-6 */
  it("is upgraded, also when lastgood is killed while it is down", { timeout: 300_000 }, async () => {
    await expectKilled("forward/undeploy:after:kill", "upgrade", "pg", "--to", versions.second)
    await expectCode(0, "upgrade", "pg", "--to", versions.second)
    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    assert.strictEqual(await lastGoodFile(), versions.second)
    // The same project as before, for whoever works in its folder.
    assert.strictEqual(await settingsInside(), settled(secrets.before))
  })

  /** Verifies: LAW-2, LAW-3, LAW-9, LAW-10 */
  it("is rolled back with its folder and its settings when the next version is unhealthy, also through kills", {
    timeout: 480_000
  }, async () => {
    await sql("insert into guests values ('Grace', 'grace@example.org')")
    await writeSettings(secrets.after)
    const upgrade = ["upgrade", "pg", "--to", versions.unhealthy]
    await expectKilled("forward/deploy:after:kill", ...upgrade)
    await expectKilled("back/restore:after:kill", ...upgrade)
    await expectCode(3, ...upgrade)
    assert.strictEqual(await sql("select max(v) from schema_version"), "2")
    assert.strictEqual(await sql("select string_agg(name, ',' order by name) from guests"), "Ada,Grace")
    assert.strictEqual(await lastGoodFile(), versions.second)
    // With the settings that it was deployed with. Those for the next version stay where the operator wrote them.
    assert.strictEqual(await settingsInside(), settled(secrets.before))
    assert.include(await readFile(join(home, "settings.env"), "utf8"), secrets.after)
    const status = JSON.parse((await expectCode(0, "status", "--json")).stdout).apps[0]
    assert.deepStrictEqual([status.phase, status.running], ["running", versions.second])
    const [attempt = ""] = await readdir(join(root, "pg/aside"))
    const [aside = ""] = await readdir(join(root, "pg/aside", attempt))
    assert.include(await readdir(join(root, "pg/aside", attempt, aside)), "PG_VERSION")
  })

  /** Verifies: LAW-14 */
  it("is not touched while somebody else has its folder, or one around it", { timeout: 300_000 }, async () => {
    const name = `${project}-other`
    const hold = (source: string) =>
      execa("docker", ["run", "--detach", "--name", name, "-v", `${source}:/x`, busyboxImage, "top"])
    for (const source of [home, join(home, "data")]) {
      await hold(source)
      const { stdout } = await expectCode(5, "snapshot", "pg")
      assert.include(stdout, `container ${name} `)
      assert.include(stdout, 'data: { "./data": own }')
      await execa("docker", ["rm", "--force", name])
    }
    await expectCode(0, "snapshot", "pg")
  })

  /** Verifies: LAW-15 */
  it("is not started without its folder", { timeout: 300_000 }, async () => {
    const [data, away] = [join(home, "data"), join(home, "data.away")]
    await inFolder("down")
    await execa("mv", [data, away])
    const { said } = await expectCode(5, "deploy", "pg")
    assert.include(said, `data folder ${data} is gone`)
    await execa("mv", [away, data])
    await expectCode(0, "deploy", "pg")
    assert.strictEqual(await sql("select string_agg(name, ',' order by name) from guests"), "Ada,Grace")
  })

  /** Verifies: LAW-2, LAW-6 */
  it("is taken back to its first version by the operator, data included", { timeout: 300_000 }, async () => {
    const { snapshots } = JSON.parse((await expectCode(0, "snapshots", "pg", "--json")).stdout)
    const first = snapshots.find((s: { version: string }) => s.version === versions.first)
    await expectCode(0, "rollback", "pg", "--snapshot", first.id)
    assert.strictEqual(await sql("select max(v) from schema_version"), "1")
    assert.strictEqual(await sql("select string_agg(name, ',') from guests"), "Ada")
    await expectCode(0, "verify", "pg")
  })

  /** Verifies: LAW-12 */
  it("has its settings nowhere but in files for root", { timeout: 120_000 }, async () => {
    printed += (await expectCode(0, "log", "--json")).stdout
    const isKnown = (text: string) => Object.values(secrets).some((secret) => text.includes(secret))
    assert.isFalse(isKnown(printed))
    const { stdout } = await execa("grep", ["-rlE", Object.values(secrets).join("|"), root])
    const holders = stdout.split("\n").map((file) => file.slice(root.length))
    assert.deepStrictEqual(
      holders.filter((file) => !/^\/pg\/(?:snapshots\/[^/]+\/files|releases\/[^/]+\/env\.[^/]+\.files)\//.test(file)),
      []
    )
    const inSnapshots = holders.filter((file) => file.startsWith("/pg/snapshots/"))
    assert.isAbove(inSnapshots.length, 1)
    for (const file of inSnapshots) assert.strictEqual((await stat(root + file)).mode & 0o777, 0o600)
  })
})
