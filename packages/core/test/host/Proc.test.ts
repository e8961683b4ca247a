import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { everyProcess, linkOf, namesIn, read } from "../../src/host/Proc.ts"
import { readHost } from "../../src/runtime/readHost.ts"

const ended = "/proc/4194305"
/** Neither an end nor a refusal: the look itself fails, as it does without descriptors or memory. */
const failing = `/proc/${"x".repeat(5000)}`

/** Verifies: LAW-1 */
describe("reading /proc", () => {
  it("shows nothing of a process that has ended", () => {
    assert.deepStrictEqual([read(`${ended}/stat`), namesIn(`${ended}/fd`), linkOf(`${ended}/cwd`)], ["", [], null])
  })

  it("shows this process, but no kernel threads", () => {
    const seen = everyProcess(({ pid }) => pid)
    assert.include(seen, process.pid)
    // Inside of a PID namespace there are none.
    const threads = namesIn("/proc").filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`) === "")
    const kernels = threads.filter((name) => /^Kthread:\t1$/m.test(read(`/proc/${name}/status`)))
    for (const name of kernels) assert.notInclude(seen, Number(name))
  })

  it.effect("never mistakes an error for an absent process", () =>
    Effect.gen(function* () {
      for (const see of [(): unknown => read(failing), () => namesIn(failing), () => linkOf(failing)]) {
        const error = yield* Effect.flip(readHost("local", see))
        assert.match(error.reason, /^cannot read the processes in \/proc: .*name too long/i)
      }
    })
  )
})
