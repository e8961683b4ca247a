/** Values that were given in confidence to a stack, looked for in every byte that lastgood wrote or said. */
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { ensureImages } from "../../docker/images.ts"
import { describeSwarm } from "../../docker/requireDocker.ts"
import { inWorld, type Ran, v2, type World } from "./world.ts"

vi.setConfig({ testTimeout: 300_000 })

const ofEnv = "c4n+ry/of=the-env-file"
const ofRecipe = "c4nary-literal-in-the-compose-file"
const ofLabel = "c4nary-in-a-label"
const ofCommand = "c4nary-in-a-command-line"
const ofFile = "c4nary-in-a-secret-file"

const forms = [
  ...[ofEnv, ofRecipe, ofLabel, ofCommand, ofFile],
  encodeURIComponent(ofEnv),
  Buffer.from(`u:${ofEnv}`).toString("base64").slice(4, -4)
]

/** The worker prints all that it knows, and ends. `$$` is compose's way to write a `$`. */
const tellsAll = `["sh", "-c", "echo plain $$SECRET, $$DB_PASSWORD, $$(cat /run/secrets/token), token=${ofCommand} >&2; echo Authorization: Basic $$(printf u:%s $$SECRET | base64) >&2; exit 3"]`

const confidential = (worker: string) => (compose: string) =>
  compose
    .replace("  environment:\n", `  environment:\n    SECRET: \${SECRET:?}\n    DB_PASSWORD: "${ofRecipe}"\n`)
    .replace('    command: ["sh", "/worker.sh"]\n', `    command: ${worker}\n    secrets: [token]\n`)
    .replace("deploy: &deploy\n", `deploy: &deploy\n      labels: { auth.basicauth.users: "admin:${ofLabel}" }\n`)

/** Where they may be: env files of versions and snapshots, and the recipe's own files. */
const allowed = /^demo\/(snapshots\/[^/]+\/env|releases\/[^/]+\/env\.[^/]+|releases\/[0-9a-f]{40}\/recipe\/.+)$/

const holding = async (world: World): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(world.root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const bytes = await Promise.all(files.map((file) => readFile(file)))
  return files
    .filter((_, at) => forms.some((form) => bytes[at]?.includes(form)))
    .map((file) => relative(world.root, file))
}

const everyCommand: ReadonlyArray<ReadonlyArray<string>> = [
  ["status"],
  ["log", "demo"],
  ["replay", "demo"],
  ["plan", "demo", "--skip-fetch"],
  ["doctor"],
  ["snapshots", "demo"],
  ["verify"]
]

describeSwarm("Swarm, a secret", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-12 */
  it("of env file, recipe, label, secret file and output of a failing deploy never appears in an event, alert, error or output", () =>
    inWorld(async (world) => {
      await appendFile(world.at("demo.env"), `SECRET='${ofEnv}'\n`)
      await writeFile(world.at("recipe", "token"), ofFile)
      await world.tag(v2, {}, confidential(tellsAll))
      const said: Array<Ran> = [await world.lastgood(["upgrade", "demo"])]
      assert.strictEqual(said[0]?.code, 3, said[0]?.said)
      // One that cannot be read by the engine: its complaint would quote the values.
      await world.tag("1.2.0+1.2.0", {}, (compose) => confidential(`{ DB_PASSWORD: ${ofRecipe} }`)(compose))
      said.push(await world.lastgood(["upgrade", "demo", "--json"]))
      assert.strictEqual(said[1]?.code, 5, said[1]?.said)
      for (const args of everyCommand) {
        said.push(await world.lastgood(args), await world.lastgood([...args, "--json"]))
      }
      for (const form of forms) for (const ran of said) assert.notInclude(ran.said, form)
      assert.deepStrictEqual(
        (await holding(world)).filter((file) => !allowed.test(file)),
        []
      )
    }))
})
