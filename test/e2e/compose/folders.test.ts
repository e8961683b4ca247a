/**
 * Data in several places of the host: a folder that is a filesystem of its own, a single file, a folder that only a newer
 * version has, and one that its operator calls external. From outside, told in order.
 */
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { binary as bin } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { execa } from "execa"
import { afterAll, assert, beforeAll, it } from "vitest"
import { composeEnv, describeCompose } from "../../docker/composePlugin.ts"
import { busyboxImage, ensureImages } from "../../docker/images.ts"
import { removeStack } from "../../docker/testStack.ts"

const project = `lgfs_${process.pid}`

const serviceOf = (volumes: ReadonlyArray<string>, script: string) =>
  JSON.stringify({
    services: {
      web: {
        image: busyboxImage,
        command: ["sh", "-c", `${script}; trap 'exit 0' TERM; while :; do sleep 0.1; done`],
        volumes
      }
    }
  })

const old = "echo 1.0 >>/data/log; [ -s /state ] || echo first >/state; touch /tmp/ok"
const versions: Readonly<Record<string, string>> = {
  "1.0.0+1": serviceOf(["./data:/data", "./state:/state"], old),
  // Migrates everything, and is not healthy.
  "1.1.0+1": serviceOf(
    ["./data:/data", "./state:/state", "./storage:/storage"],
    "echo 1.1 >>/data/log; echo second >/state; echo made >/storage/x"
  ),
  // Keeps its data elsewhere.
  "1.2.0+1": serviceOf(["./storage:/storage", "./state:/state"], "echo made >/storage/y; touch /tmp/ok")
}

describeCompose("An app with data in several places of the host", () => {
  let folder = ""
  let root = ""
  let home = ""

  const lastgood = async (...args: ReadonlyArray<string>) => {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [bin, ...args, "--config", join(folder, "lastgood.yaml")],
      { reject: false, env: { NO_COLOR: "1", ...composeEnv } }
    )
    return { code: exitCode, said: `${args.join(" ")} → ${exitCode}\n${stdout}\n${stderr}` }
  }
  const expectCode = async (code: number, ...args: ReadonlyArray<string>) => {
    const { code: seen, said } = await lastgood(...args)
    assert.strictEqual(seen, code, said)
    return said
  }
  const at = (path: string) => readFile(join(home, path), "utf8")
  const metaNow = async () => JSON.parse(await readFile(join(root, "shop/snapshot/meta.json"), "utf8"))
  const configure = (data: string) =>
    writeFile(
      join(folder, "lastgood.yaml"),
      `
root: ${root}
apps:
  shop:
    recipe: ./recipe
    folder: ./${project}
    runtime: compose
    data: ${data}
    deadlines: { undeploy: 30s, deploy: 30s }
    health: { deadline: 15s, stableFor: 500ms, interval: 200ms, checks: [{ exec: "test -e /tmp/ok", service: web }] }
`
    )

  beforeAll(async () => {
    await Effect.runPromise(ensureImages("busybox"))
    folder = await mkdtemp(join(tmpdir(), "lastgood-compose-folders-"))
    root = join(folder, "root")
    home = join(folder, project)
    await mkdir(join(home, "data"), { recursive: true })
    await writeFile(join(home, "state"), "", { mode: 0o644 })
    await execa("mount", ["-t", "tmpfs", "-o", "size=256m", "lgt", join(home, "data")])
    const recipe = join(folder, "recipe")
    const git = (...args: ReadonlyArray<string>) =>
      execa("git", ["-C", recipe, "-c", "user.name=test", "-c", "user.email=test@example.org", ...args])
    await mkdir(recipe)
    await git("init", "-q")
    for (const [version, text] of Object.entries(versions)) {
      await writeFile(join(recipe, "compose.yml"), text)
      await git("add", ".")
      await git("commit", "-qm", version)
      await git("tag", version)
    }
  }, 120_000)

  afterAll(async () => {
    await Effect.runPromise(removeStack(project))
    await execa("umount", [join(home, "data")], { reject: false })
    await rm(folder, { recursive: true, force: true })
  }, 60_000)

  /** Verifies: LAW-14 */
  it("is asked about a filesystem of its own before anything is begun", { timeout: 240_000 }, async () => {
    await configure("{}")
    const said = await expectCode(5, "deploy", "shop", "--to", "1.0.0+1")
    assert.include(said, "is the root of a filesystem")
    assert.include(said, 'data: { "./data": own }')
    await configure('{ "./data": own }')
    await expectCode(0, "deploy", "shop", "--to", "1.0.0+1")
    assert.strictEqual(await at("data/log"), "1.0\n")
  })

  /** Verifies: LAW-2, LAW-3 */
  it("is put back in every place when an upgrade fails, and what only the failed version has is emptied", {
    timeout: 240_000
  }, async () => {
    await expectCode(3, "upgrade", "shop", "--to", "1.1.0+1")
    assert.strictEqual(await at("data/log"), "1.0\n1.0\n")
    assert.strictEqual(await at("state"), "first\n")
    assert.deepStrictEqual(await readdir(join(home, "storage")), [])
  })

  it("goes on where a newer version keeps its data, and keeps the old place", { timeout: 240_000 }, async () => {
    await expectCode(0, "upgrade", "shop", "--to", "1.2.0+1")
    assert.strictEqual(await at("storage/y"), "made\n")
    await expectCode(0, "snapshot", "shop")
    const { archives, volumes } = await metaNow()
    assert.deepStrictEqual(volumes.toSorted(), [join(home, "data"), join(home, "state"), join(home, "storage")])
    assert.strictEqual(archives[join(home, "state")].kind, "file")
    await expectCode(0, "verify", "shop")
  })

  /** Verifies: LAW-2 */
  it("leaves alone what its operator calls external, and says so", { timeout: 240_000 }, async () => {
    await configure('{ "./data": external, "./storage": external }')
    await appendFile(join(home, "data/log"), "by hand\n")
    await expectCode(0, "snapshot", "shop")
    assert.deepStrictEqual((await metaNow()).volumes, [join(home, "state")])
    assert.include(
      await expectCode(0, "plan", "shop"),
      `neither snapshotted nor restored by a rollback: ${join(home, "data")}`
    )
    // Also a snapshot that was taken before.
    await writeFile(join(home, "state"), "changed")
    const said = await expectCode(0, "rollback", "shop")
    assert.include(said, `without what is external (${join(home, "storage")})`)
    assert.strictEqual(await at("state"), "first\n")
    assert.strictEqual(await at("data/log"), "1.0\n1.0\nby hand\n1.0\n")
  })
})
