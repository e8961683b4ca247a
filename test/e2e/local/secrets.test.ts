/** Values of the env file, looked for in every byte that lastgood wrote or said. */
import { readdir, readFile, stat } from "node:fs/promises"
import { join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { expectCode, installed } from "../expect.ts"
import { exits, harms, v2, v3, type World } from "../harness.ts"

const secret = "correct-horse-battery-staple"

const filesBelow = async (folder: string): Promise<ReadonlyArray<string>> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Paths below the root of the files that hold the secret. */
const holding = (world: World) =>
  Effect.promise(async () => {
    const files = await filesBelow(world.root)
    const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(secret)))
    return files.filter((_, at) => found[at] === true).map((file) => relative(world.root, file))
  })

/** Where a value of the env file belongs: env files that go back with a version, and what the app itself printed. */
const allowed = /^demo\/(snapshots\/[^/]+\/env|releases\/[^/]+\/env\.[^/]+|logs\/[^/]+)$/

describe("a secret of the env file", () => {
  /** Verifies: LAW-12 */
  it.live("is in no event, alert, error or output, though the app prints it when it fails", () =>
    Effect.gen(function* () {
      const world = yield* installed({ env: { SECRET: secret } })
      yield* world.tag(v2, exits)
      const said = [yield* world.lastgood(["upgrade", "demo"])]
      expectCode(said[0] ?? { code: -1, stdout: "", stderr: "" }, 3)
      yield* world.tag(v3, harms)
      for (const args of [["upgrade", "demo", "--json"], ["status"], ["log", "demo", "--json"], ["doctor"], ["plan"]]) {
        said.push(yield* world.lastgood(args))
      }
      for (const { stdout, stderr } of said) assert.notInclude(stdout + stderr, secret)
      const files = yield* holding(world)
      assert.isTrue(
        files.some((file) => file.startsWith("demo/logs/")),
        "the app did print it"
      )
      assert.deepStrictEqual(
        files.filter((file) => !allowed.test(file)),
        []
      )
      for (const file of files) {
        const { mode } = yield* Effect.promise(() => stat(join(world.root, file)))
        assert.strictEqual(mode & 0o077, 0, `${file} can be read by others`)
      }
      const { mode } = yield* Effect.promise(() => stat(join(world.root, "demo")))
      assert.strictEqual(mode & 0o077, 0, "the app's folder can be entered by others")
    })
  )
})
