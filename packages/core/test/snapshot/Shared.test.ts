import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import { runAt } from "../../src/process/priority.ts"
import type { ToolFailed } from "../../src/process/Tool.ts"
import { makeShared } from "../../src/snapshot/Shared.ts"

const turn = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** How many operations a fiber does at once, and after how many turns it is interrupted. */
const moments = Array.from({ length: 20 * 60 }, (_, i) => [2 + Math.floor(i / 60), i % 60] as const)

describe("shared work", () => {
  it.live("goes on for the next caller, whenever the first one is interrupted", () =>
    Effect.gen(function* () {
      for (const [operations, turns] of moments) {
        const { share } = makeShared<string, never>()
        const first = yield* share("key", Effect.as(turn, "first")).pipe(
          Effect.provideService(MaxOpsBeforeYield, operations),
          Effect.forkChild
        )
        for (let i = 0; i < turns; i++) yield* turn
        yield* Fiber.interrupt(first)
        const next = yield* share("key", Effect.succeed("next")).pipe(Effect.timeoutOption("2 seconds"))
        assert.strictEqual(next._tag, "Some", `interrupted after ${turns} turns of ${operations}`)
      }
    })
  )

  it.live("is ended for its first caller, and begun again for those who wait", () =>
    Effect.gen(function* () {
      const { share, stop } = makeShared<string, never>()
      let cleaned = 0
      const slow = Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => (cleaned += 1))))
      const first = yield* Effect.forkChild(share("key", slow), { startImmediately: true })
      const second = yield* Effect.forkChild(share("key", Effect.succeed("again")), { startImmediately: true })
      yield* stop("key")
      assert.strictEqual(cleaned, 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(first)))
      assert.strictEqual(yield* Fiber.join(second), "again")
      yield* stop("key")
    })
  )

  it.live("gets the normal priority once an urgent caller waits for it", () =>
    Effect.gen(function* () {
      const { share } = makeShared<number, ToolFailed>()
      const folder = yield* temporaryFolder()
      const later = runAt("low", "nice", []).pipe(Effect.map(({ stdout }) => Number(stdout)))
      const waiting = "echo $$ > pid.new; mv pid.new pid; read -r line < go"
      execFileSync("mkfifo", [join(folder, "go")])
      const work = Effect.andThen(runAt("low", "sh", ["-c", waiting], { cwd: folder }), later)
      const first = yield* Effect.forkChild(share("key", work))
      while (!fs.existsSync(join(folder, "pid"))) yield* Effect.sleep("5 millis")
      const pid = Number(fs.readFileSync(join(folder, "pid"), "utf8"))
      // Of this process, which has a priority of its own.
      const normal = os.getPriority()
      const low = Math.min(19, normal + 10)
      const priority = () => `${os.getPriority(pid)} ${execFileSync("ionice", ["-p", `${pid}`])}`.trim()
      assert.strictEqual(priority(), `${low} best-effort: prio 7`)
      const calm = yield* Effect.forkChild(share("key", work), { startImmediately: true })
      assert.strictEqual(os.getPriority(pid), low)
      const urgent = yield* Effect.forkChild(share("key", work, true))
      while (!priority().startsWith(`${normal} none`)) yield* Effect.sleep("5 millis")
      fs.writeFileSync(join(folder, "go"), "\n")
      // Also what it starts later.
      const all = yield* Effect.forEach([first, calm, urgent], (fiber) => Fiber.join(fiber))
      assert.deepStrictEqual(all, [normal, normal, normal])
    }).pipe(Effect.scoped)
  )
})
