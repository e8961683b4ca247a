/**
 * Roots that released lastgoods wrote (`test/fixtures/roots`), as they are found on an operator's disk: today's lastgood
 * reads them, says what was said then, and can go on and back with them, wherever they were moved to. They are only
 * added to: one that has to be made anew for a test to pass means that roots in the field cannot be used any more.
 */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, expect, it, vi } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { processFolder } from "@lastgood/testing/processes"
import { worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"

vi.setConfig({ testTimeout: 180_000 })

const folder = join(import.meta.dirname, "../fixtures/roots")
const names = (await readdir(folder)).filter((name) => name.endsWith(".tar.gz")).map((name) => name.slice(0, -7))

const v1 = "1.0.0+1.0.0"
const v2 = "1.1.0+2.0.0"
const v3 = "1.2.0+3.0.0"

/** A copy of the root, in a place where it never was. */
const unpacked = Effect.fnUntraced(function* (name: string) {
  const home = yield* processFolder
  yield* run("tar", ["-xzf", join(folder, `${name}.tar.gz`), "--no-same-owner", "-C", home])
  const { at, ...world } = worldIn(home)
  const text = (...path: ReadonlyArray<string>) => Effect.promise(() => readFile(at(...path), "utf8"))
  const lastgood = (code: number, ...args: ReadonlyArray<string>) =>
    Effect.map(world.lastgood(args), (ran) => {
      assert.strictEqual(ran.code, code, `${args.join(" ")}: ${ran.stdout}\n${ran.stderr}`)
      return ran.stdout
    })
  return {
    text,
    lastgood,
    said: JSON.parse(yield* Effect.promise(() => readFile(join(folder, `${name}.json`), "utf8")))
  }
})

const withRoot =
  (name: string, body: (root: Effect.Success<ReturnType<typeof unpacked>>) => Effect.Effect<void, unknown>) => () =>
    Effect.scoped(Effect.flatMap(unpacked(name), body))

describe.each(names)("a root of %s", (name) => {
  /** Verifies: LAW-3, LAW-6 */
  it.live(
    "can be read with the same log, state and snapshots",
    withRoot(name, ({ lastgood, said }) =>
      Effect.gen(function* () {
        const json = (...args: ReadonlyArray<string>) => Effect.map(lastgood(0, ...args, "--json"), JSON.parse)
        const log = yield* lastgood(0, "log", "--json")
        assert.deepStrictEqual(
          log.split("\n").map((line) => JSON.parse(line)),
          said.log
        )
        // A newer lastgood may say more, and nothing else.
        expect(yield* json("replay")).toMatchObject(said.replay)
        // The app of that root does not run here, which a status says since it looks.
        const { apps } = said.status
        const lasting = apps.map(({ quarantined: _ends, phase: _was, ...app }: Record<string, unknown>) => app)
        expect(yield* json("status")).toMatchObject({ apps: lasting })
        expect(yield* json("snapshots")).toMatchObject(said.snapshots)
        const head = `${said.head.position}:${said.head.hash}`
        expect(yield* json("verify", "--expect-head", head)).toMatchObject({ ok: true, log: { ok: true, head } })
      })
    )
  )

  /** Verifies: LAW-2, LAW-6, LAW-9 */
  it.live(
    "can be continued: the app starts on its data and rolls back with it, and the log grows",
    withRoot(name, ({ lastgood, said, text }) =>
      Effect.gen(function* () {
        const before = yield* text("root/web/volumes/data/rows")
        yield* lastgood(0, "deploy", "web", "--to", v2)
        assert.strictEqual(yield* text("root/web/volumes/data/rows"), `${before}started ${v2}\n`)
        yield* lastgood(5, "upgrade", "web")
        yield* lastgood(0, "release", "web")
        // Back to before the upgrade to the second version: its data has the first schema and none of the later rows.
        yield* lastgood(0, "rollback", "web")
        assert.strictEqual(yield* text("root/web/volumes/data/schema"), "1\n")
        assert.strictEqual(yield* text("root/web/volumes/data/rows"), `started ${v1}\nstarted ${v1}\n`)
        assert.strictEqual(yield* text("root/web/last_good"), `${v1}\n`)
        yield* lastgood(0, "retry", "web")
        yield* lastgood(3, "upgrade", "web", "--to", v3)
        assert.strictEqual(yield* text("root/web/last_good"), `${v1}\n`)
        yield* lastgood(0, "verify", "--expect-head", `${said.head.position}:${said.head.hash}`)
      })
    )
  )
})
