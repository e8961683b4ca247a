import { spawn } from "node:child_process"
import * as os from "node:os"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeRaisable, raise } from "../../src/process/priority.ts"

/** A program of low priority, in a process group of its own. */
const sleeping = Effect.acquireRelease(
  Effect.sync(() => {
    const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" })
    const pid = child.pid ?? 0
    os.setPriority(pid, 19)
    return { child, pid }
  }),
  ({ child }) => Effect.sync(() => child.kill())
)

describe("work that is raised", () => {
  it.live("leaves a program alone that took the pid of one of its own meanwhile", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* sleeping, yield* sleeping]
      const work = makeRaisable()
      work.groups.add(own.pid).add(other.pid)
      const raising = yield* Effect.forkChild(raise(work), { startImmediately: true })
      work.groups.delete(other.pid)
      yield* Fiber.join(raising)
      assert.strictEqual(os.getPriority(own.pid), os.getPriority())
      assert.strictEqual(os.getPriority(other.pid), 19)
    }).pipe(Effect.scoped)
  )
})
