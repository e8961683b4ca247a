import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Claims } from "@lastgood/core/claim/Claims"
import { layer } from "@lastgood/core/claim/ClaimsFlock"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { another, childrenOf } from "./another.ts"
import { appAt } from "./app.ts"

const folder = temporaryFolder()

/** A zombie has ended. */
const isAlive = (pid: number): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

const check = (title: string, body: (dir: string) => Effect.Effect<void, unknown, Claims | Scope.Scope>) =>
  it.live(title, () => folder.pipe(Effect.flatMap(body), Effect.provide(layer)))

const hold = (dir: string, waitMs = 0, who = "the test") =>
  Effect.flatMap(Claims, (claims) => claims.hold(appAt(dir), who, waitMs))

const holder = (dir: string) =>
  Effect.flatMap(Claims, (claims) => Effect.map(claims.holder(appAt(dir)), (found) => found?.who ?? null))

describe("ClaimsFlock", () => {
  /** Verifies: LAW-7 */
  check("is held by one process at a time, which the other names", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "upgrade notes"])
      assert.strictEqual(first.said, "held")
      const error = yield* Effect.flip(hold(dir))
      assert.strictEqual(error._tag, "Locked")
      assert.match(error.message, new RegExp(`working on notes: upgrade notes, pid ${first.pid}, since 20\\d\\d-.*Z`))
      assert.include((yield* holder(dir)) ?? "", "upgrade notes")
    })
  )

  /** Verifies: LAW-7 */
  check("ends with a killed process, whatever its file says", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "upgrade notes"])
      yield* first.kill
      assert.isNull(yield* holder(dir))
      yield* hold(dir)
      assert.include((yield* holder(dir)) ?? "", "the test")
    })
  )

  /** Verifies: LAW-7 */
  check("outlives a killed process in its tool, which the next one ends, even if stopped", (dir) =>
    Effect.gen(function* () {
      for (const stopped of [false, true]) {
        const first = yield* another([dir, "upgrade notes", "600"])
        assert.strictEqual(first.said, "held")
        const [tool = 0] = childrenOf(first.pid)
        yield* first.kill
        if (stopped) process.kill(tool, "SIGSTOP")
        assert.isNotNull(yield* holder(dir))
        yield* Effect.scoped(hold(dir))
        assert.isFalse(isAlive(tool))
      }
    })
  )

  /** Verifies: LAW-7 */
  check("never ends the tools of a live process", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "upgrade notes", "600"])
      const [tool = 0] = childrenOf(first.pid)
      assert.strictEqual((yield* Effect.flip(Effect.scoped(hold(dir, 500))))._tag, "Locked")
      assert.isTrue(isAlive(tool))
    })
  )

  /** Verifies: LAW-7 */
  check("is waited for, but not longer than requested", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "upgrade notes"])
      const start = yield* Clock.currentTimeMillis
      const error = yield* Effect.flip(Effect.scoped(hold(dir, 500)))
      const waited = (yield* Clock.currentTimeMillis) - start
      assert.isTrue(error._tag === "Locked" && error.waitedMs >= 500, error.message)
      assert.isTrue(waited >= 500 && waited < 5000, String(waited))
      const waiting = yield* Effect.forkChild(hold(dir, 20_000))
      yield* Effect.sleep(300)
      yield* first.kill
      yield* Fiber.join(waiting)
    })
  )

  /** Verifies: LAW-7 */
  check("is released when the scope closes", (dir) =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* hold(dir)
        assert.strictEqual((yield* Effect.flip(Effect.scoped(hold(dir))))._tag, "Locked")
      }).pipe(Effect.scoped)
      assert.isNull(yield* holder(dir))
      const second = yield* another([dir, "the second"])
      assert.strictEqual(second.said, "held")
    })
  )

  /** Verifies: LAW-7 */
  check("goes to one of many concurrent requests", (dir) =>
    Effect.gen(function* () {
      const results = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => Effect.result(hold(dir)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
    })
  )

  /** Verifies: LAW-12 */
  check("is a private file in a private folder", (dir) =>
    Effect.gen(function* () {
      const app = join(dir, "root", "notes")
      assert.isNull(yield* holder(app))
      yield* hold(app)
      assert.deepStrictEqual(
        [app, join(app, "claim")].map((path) => statSync(path).mode & 0o777),
        [0o700, 0o600]
      )
    })
  )

  check("cannot be taken under a read-only root, and says what to do", (dir) =>
    Effect.gen(function* () {
      writeFileSync(join(dir, "file"), "")
      const error = yield* Effect.flip(hold(join(dir, "file", "notes")))
      assert.strictEqual(error._tag, "ClaimFailed")
      assert.match(`${error.message}; ${"next" in error ? error.next : ""}`, /ENOTDIR.*; .*--root/)
    })
  )

  check("cannot be taken without flock(1), and says what to install", (dir) =>
    Effect.gen(function* () {
      const { said } = yield* another([dir, "upgrade notes"], { ...process.env, PATH: dir })
      assert.match(said, /^ClaimFailed: .*flock is not installed; .*util-linux/)
    })
  )

  /** Verifies: LAW-7 */
  check("is given back by a borrower, for which the next one waits", (dir) =>
    Effect.gen(function* () {
      const claims = yield* Claims
      const order: Array<string> = []
      const borrower = Effect.gen(function* () {
        const { handedOver, wanted } = yield* claims.borrow(appAt(dir), "the daemon")
        order.push("borrowed")
        yield* wanted
        // To end a tool takes its time.
        yield* Effect.sleep("400 millis")
        order.push("given back")
        return handedOver
      }).pipe(Effect.scoped, Effect.flatten)
      const fiber = yield* Effect.forkChild(borrower)
      while (order.length === 0) yield* Effect.sleep("20 millis")
      assert.isNull(yield* holder(dir))
      assert.strictEqual((yield* claims.holders([appAt(dir)])).size, 0)
      yield* hold(dir)
      order.push("held")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(order, ["borrowed", "given back", "held"])
      assert.include((yield* holder(dir)) ?? "", "the test")
    })
  )

  /** Verifies: LAW-7 */
  check("is not borrowed from anybody, also not from a borrower", (dir) =>
    Effect.gen(function* () {
      const claims = yield* Claims
      const borrow = Effect.scoped(claims.borrow(appAt(dir), "the daemon"))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { wanted } = yield* claims.borrow(appAt(dir), "the daemon")
          assert.strictEqual((yield* Effect.flip(borrow))._tag, "Locked")
          assert.isTrue((yield* Effect.timeoutOption(wanted, "1 seconds"))._tag === "None")
        })
      )
      yield* hold(dir)
      assert.strictEqual((yield* Effect.flip(borrow))._tag, "Locked")
    })
  )

  /** Verifies: LAW-7 */
  check("that was borrowed by a killed process ends with its tool, which the next one ends", (dir) =>
    Effect.gen(function* () {
      const first = yield* another([dir, "the daemon", "30", "borrow"])
      assert.strictEqual(first.said, "held")
      const [tool = 0] = childrenOf(first.pid)
      yield* first.kill
      assert.isTrue(isAlive(tool))
      yield* hold(dir)
      assert.isFalse(isAlive(tool))
    })
  )
})
