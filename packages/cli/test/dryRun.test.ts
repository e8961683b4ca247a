import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { root } from "../src/cli.ts"
import { commandsOf, hasFlag } from "./commandTree.ts"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000 })

const first = "1.0.0+1.0.0"
const second = "1.1.0+1.0.0"

/** Every file of the root but SQLite's own, with its size, its time and, if it is small, its content. */
const filesOf = async (folder: string): Promise<ReadonlyArray<string>> => {
  const names = await readdir(folder, { recursive: true })
  const shown = names
    .filter((name) => !/^events\.db-(wal|shm)$/.test(name))
    .map(async (name) => {
      const { isFile, mtimeMs, size } = await stat(join(folder, name)).then((s) => ({
        isFile: s.isFile(),
        mtimeMs: s.mtimeMs,
        size: s.size
      }))
      return isFile
        ? `${name} ${size} ${mtimeMs} ${size < 1000 ? await readFile(join(folder, name), "utf8") : ""}`
        : name
    })
  return (await Promise.all(shown)).toSorted()
}

const dryRuns: Readonly<Record<string, ReadonlyArray<string>>> = {
  "alerts ack": ["web"],
  approve: ["web", second],
  deploy: ["web"],
  hold: ["web", "--reason", "visitors"],
  promote: ["web"],
  release: ["web"],
  remove: ["web", "--data"],
  restore: ["web"],
  retry: ["web"],
  rollback: ["web"],
  snapshot: ["web"],
  start: ["web"],
  stop: ["web"],
  try: ["web", second],
  upgrade: ["web"]
}

/** What each of them would do to an app that runs its first version and has one snapshot. */
const expected: Readonly<Record<string, readonly [code: number, action: string, to: string | null]>> = {
  "alerts ack": [0, "nothing", null],
  approve: [0, "record", null],
  deploy: [0, "nothing", null],
  hold: [0, "record", null],
  promote: [0, "begin", first],
  release: [0, "nothing", null],
  remove: [0, "begin", null],
  restore: [0, "begin", first],
  retry: [0, "nothing", null],
  rollback: [1, "rejected", null],
  snapshot: [0, "begin", first],
  start: [0, "nothing", null],
  stop: [0, "begin", null],
  try: [0, "begin", second],
  upgrade: [0, "begin", second]
}

describe("--dry-run", () => {
  it.live("shows what each command would do, with its exit code, and changes neither log nor files nor the app", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const { at, lastgood, log } = world
      const deployed = yield* lastgood(["deploy", "web", "--to", first])
      assert.strictEqual(deployed.code, 0, deployed.stderr)
      assert.strictEqual((yield* lastgood(["snapshot", "web"])).code, 0)
      // Looking at a version checks it out once, as `plan` does.
      yield* lastgood(["plan", "web"])

      const before = yield* log
      const files = yield* Effect.promise(() => filesOf(at("root")))
      const processes = yield* world.processes

      // These have tests of their own: snapshots.test.ts, and test/e2e/local/{life,rename}.test.ts.
      const others = ["aside rm", "forget", "prune", "rename", "snapshots rm"]
      const all = commandsOf(Completions.fromCommand(root)).filter(hasFlag("dry-run"))
      assert.sameMembers(
        all.map(({ path }) => path),
        [...Object.keys(dryRuns), ...others]
      )
      for (const [name, given] of Object.entries(dryRuns)) {
        const ran = yield* lastgood([...name.split(" "), ...given, "--dry-run", "--json"])
        const { action, format, to } = jsonOf(ran) as { action: string; format: number; to: string | null }
        assert.deepStrictEqual([name, ran.code, action, to], [name, ...(expected[name] ?? [])], ran.stdout + ran.stderr)
        assert.strictEqual(format, 1)
      }
      const pruned = yield* lastgood(["prune", "web", "--dry-run", "--json"])
      assert.strictEqual(pruned.code, 0, pruned.stderr)
      assert.include(jsonOf(pruned), { format: 1, dryRun: true })

      const text = yield* lastgood(["upgrade", "web", "--dry-run"])
      assert.match(text.stdout, /^web: would upgrade 1\.0\.0\+1\.0\.0 → 1\.1\.0\+1\.0\.0\n {2}steps +prefetch → /)
      assert.match(text.stdout, /nothing was changed \(--dry-run\)\n$/)

      assert.deepStrictEqual(yield* log, before)
      assert.deepStrictEqual(yield* Effect.promise(() => filesOf(at("root"))), files)
      assert.deepStrictEqual(yield* world.processes, processes)

      yield* lastgood(["hold", "web", "--reason", "visitors"])
      const refused = yield* lastgood(["upgrade", "web", "--dry-run"])
      assert.strictEqual(refused.code, 5)
      assert.match(refused.stdout, /^web: would refuse\n {2}why +held: visitors/)
    }).pipe(Effect.scoped)
  )
})
