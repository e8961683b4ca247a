/** What is told of who holds a claim, and that nothing in the file's place can be written to or waited for. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { layer } from "@lastgood/core/claim/ClaimsFlock"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { another, childrenOf } from "./another.ts"
import { appAt } from "./app.ts"

const folder = temporaryFolder()

const check = (title: string, body: (dir: string) => Effect.Effect<void, unknown, Claims | Scope.Scope>) =>
  it.live(title, () => folder.pipe(Effect.flatMap(body), Effect.provide(layer)), 30_000)

/** The error of a claim that cannot be had. */
const refused = (dir: string) =>
  Effect.flatMap(Claims, (claims) => Effect.flip(Effect.scoped(claims.hold(appAt(dir), "the test", 0))))
const holder = (dir: string) => Effect.flatMap(Claims, (claims) => claims.holder(appAt(dir)))

describe("the holder of a claim", () => {
  /** Verifies: LAW-7 */
  check("that is alive is reported with the command to end it safely", (dir) =>
    Effect.gen(function* () {
      const { pid } = yield* another([dir, "cli:ada"])
      const error = yield* refused(dir)
      assert.match(error.message, new RegExp(`cli:ada, pid ${pid}, since 20\\d\\d-.*Z \\(.+\\)`))
      assert.include(error.next, `kill ${pid} `)
      assert.include(error.next, "--wait")
    })
  )

  /** Verifies: LAW-7 */
  check("that is stopped is reported as stopped, with the command to resume it", (dir) =>
    Effect.gen(function* () {
      const { pid, send } = yield* another([dir, "cli:ada"])
      yield* send("SIGSTOP")
      yield* Effect.sleep(100)
      const error = yield* refused(dir)
      assert.include(error.message, "which is stopped")
      assert.include(error.next, `kill -CONT ${pid}`)
      yield* send("SIGCONT")
    })
  )

  /** Verifies: LAW-7 */
  check("that died is reported with the tool that it left running, until the next lastgood ends it", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "cli:ada", "30"])
      const [tool = 0] = childrenOf(first.pid)
      yield* first.kill
      const told = yield* holder(dir)
      assert.match(
        told?.who ?? "",
        new RegExp(`pid ${tool} \\(sleep\\), left running by cli:ada, pid ${first.pid}, since`)
      )
      assert.include(told?.next, `kill ${tool}`)
      yield* Effect.flatMap(Claims, (claims) => Effect.scoped(claims.hold(appAt(dir), "the test", 0)))
      assert.isNull(yield* holder(dir))
    })
  )
})

/** Verifies: LAW-7 */
check("tells the holders of many apps as it tells each", (dir) =>
  Effect.gen(function* () {
    const apps = ["held", "held-too", "free", "unknown"].map((name) => ({ ...appAt(join(dir, name)), name }))
    for (const { name } of apps.slice(0, 3)) mkdirSync(join(dir, name))
    const claims = yield* Claims
    const processes = yield* Effect.forEach(["held", "held-too"], (name) => another([join(dir, name), `cli:${name}`]))
    yield* Effect.scoped(claims.hold(appAt(join(dir, "free")), "the test", 0))
    const all = yield* claims.holders(apps)
    assert.deepStrictEqual([...all.keys()].toSorted(), ["held", "held-too"])
    for (const app of apps) assert.deepStrictEqual(all.get(app.name) ?? null, yield* claims.holder(app))
    for (const { kill } of processes) yield* kill
    assert.strictEqual((yield* claims.holders(apps)).size, 0)
  })
)

/** Verifies: LAW-7 */
check("keeps others away until it ends, even if the file was removed", (dir) =>
  Effect.gen(function* () {
    const { pid, kill } = yield* another([dir, "cli:ada"])
    rmSync(join(dir, "claim"))
    for (const _ of [1, 2]) {
      const error = yield* refused(dir)
      assert.strictEqual(error._tag, "Locked")
      assert.include(error.message, `pid ${pid} (`)
      assert.include(error.message, "a process whose claim file was removed")
    }
    yield* kill
    yield* Effect.flatMap(Claims, (claims) => Effect.scoped(claims.hold(appAt(dir), "the test", 0)))
  })
)

describe("in the place of the claim's file", () => {
  const inPlace = (title: string, put: (file: string, dir: string) => void) =>
    /** Verifies: LAW-7, LAW-13 */
    check(title, (dir) =>
      Effect.gen(function* () {
        const file = join(dir, "app", "claim")
        mkdirSync(join(dir, "app"))
        put(file, dir)
        assert.isNull(yield* holder(join(dir, "app")))
        const error = yield* refused(join(dir, "app"))
        assert.strictEqual(error._tag, "ClaimFailed")
        assert.include(error.message, `${file} is a folder, a link or a device; expected a regular file`)
        assert.include(error.next, "remove it")
        rmSync(file, { recursive: true })
        yield* Effect.flatMap(Claims, (claims) => Effect.scoped(claims.hold(appAt(join(dir, "app")), "the test", 0)))
      })
    )

  inPlace("a folder is refused", (file) => mkdirSync(file))
  inPlace("a fifo is refused without blocking", (file) => void execFileSync("mkfifo", [file]))

  inPlace("a link is refused, and its target is neither created nor written", (file, dir) =>
    symlinkSync(join(dir, "victim"), file)
  )

  /** Verifies: LAW-13 */
  check("does not write to a file that the claim's file links to", (dir) =>
    Effect.gen(function* () {
      writeFileSync(join(dir, "victim"), "mine", { mode: 0o644 })
      symlinkSync(join(dir, "victim"), join(dir, "claim"))
      assert.strictEqual((yield* refused(dir))._tag, "ClaimFailed")
      assert.strictEqual(readFileSync(join(dir, "victim"), "utf8"), "mine")
    })
  )

  /** Verifies: LAW-7 */
  check("is not the live process that a file's text names", (dir) =>
    Effect.gen(function* () {
      writeFileSync(
        join(dir, "claim"),
        `cli:ada, pid 1, since 2026-01-01T00:00:00.000Z, boot 0f0f\n${"x".repeat(100_000)}`
      )
      assert.isNull(yield* holder(dir))
      yield* Effect.flatMap(Claims, (claims) => Effect.scoped(claims.hold(appAt(dir), "the test", 0)))
    })
  )
})
