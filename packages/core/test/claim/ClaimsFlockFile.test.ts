/** The claim's file under hard circumstances: in a container, removed while it is held, and on a full disk. */
import { readdirSync, readlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { layer } from "@lastgood/core/claim/ClaimsFlock"
import { run } from "@lastgood/core/process/Tool"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { execaSync } from "execa"
import { appAt } from "./app.ts"

const probe = join(import.meta.dirname, "probe.ts")
const interpreter = [process.execPath, ...("Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [])]
const container = ["unshare", "--pid", "--fork", "--mount-proc", "--mount"]
const canUnshare = execaSync("unshare", [...container.slice(1), "true"], { reject: false }).exitCode === 0

const folder = temporaryFolder()

const check = (title: string, body: (dir: string) => Effect.Effect<void, unknown, Claims | Scope.Scope>, can = true) =>
  (can ? it.live : it.live.skip)(title, () => folder.pipe(Effect.flatMap(body), Effect.provide(layer)))

const hold = (dir: string, waitMs = 0) => Effect.flatMap(Claims, (claims) => claims.hold(appAt(dir), "test", waitMs))

/** Descriptors of this process that lead to a claim of the folder. */
const openClaims = (dir: string) =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(dir, "claim"))
    } catch {
      return false
    }
  })

describe("ClaimsFlock: its file", () => {
  /** Verifies: LAW-7 */
  check(
    "names its holder inside a container, where the kernel's list of locks omits it",
    (dir) =>
      Effect.gen(function* () {
        const [command = "", ...args] = [...container, ...interpreter, probe, dir]
        const { stdout } = yield* run(command, args)
        assert.match(stdout, /^held by probe, pid \d+, since .*\nthen null\n$/)
      }),
    canUnshare
  )

  /** Verifies: LAW-7 */
  check("is not taken on a file that was removed while waiting", (dir) =>
    Effect.gen(function* () {
      const waiting = yield* Effect.gen(function* () {
        yield* hold(dir)
        const other = yield* Effect.forkChild(Effect.scoped(Effect.andThen(hold(dir, 10_000), Effect.sleep(1500))))
        yield* Effect.sleep(500)
        yield* Effect.sync(() => unlinkSync(join(dir, "claim")))
        return other
      }).pipe(Effect.scoped)
      yield* Effect.sleep(1000)
      const error = yield* Effect.flip(Effect.scoped(hold(dir)))
      assert.strictEqual(error._tag, "Locked")
      yield* Fiber.join(waiting)
      yield* Effect.scoped(hold(dir))
    })
  )

  /** Verifies: LAW-7 */
  check("is free if it only names a live process, and leaves nothing open", (dir) =>
    Effect.gen(function* () {
      writeFileSync(join(dir, "claim"), `upgrade notes, pid ${process.pid}, since 2026-01-01T00:00:00.000Z\n`)
      assert.isNull(yield* (yield* Claims).holder(appAt(dir)))
      yield* Effect.scoped(hold(dir))
      assert.deepStrictEqual(openClaims(dir), [])
    })
  )

  /** Verifies: LAW-7 */
  check(
    "can be taken on a full disk",
    (dir) =>
      Effect.gen(function* () {
        const script =
          'mount -t tmpfs -o size=64k none "$1" && { cat /dev/zero > "$1/fill" || true; } && shift && exec "$@"'
        const args = ["--mount", "sh", "-c", script, "sh", dir, ...interpreter, probe, join(dir)]
        const { stdout } = yield* run("unshare", args)
        assert.match(stdout, /^held by .*\nthen null\n$/)
      }),
    canUnshare
  )

  /** Verifies: LAW-7 */
  it.live(
    "gives the claim to ten concurrent processes one at a time",
    () =>
      Effect.gen(function* () {
        const dir = yield* folder
        const [command = "", ...args] = [...interpreter, probe, dir, "60000"]
        yield* Effect.forEach(Array.from({ length: 10 }), () => run(command, args), { concurrency: "unbounded" })
        // Each one of them made this folder anew and removed it, and would have failed if it had been there.
        assert.notInclude(readdirSync(dir), "alone")
      }).pipe(Effect.scoped),
    60_000
  )
})
