/** Containers that are slow to end, or do not end when they are asked to. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { compose } from "./compose.ts"
import { ensureImages } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, runtimeTest, waitUntil, withData } from "./runtimeTest.ts"

const web = (script: string, more: Readonly<Record<string, unknown>> = {}) =>
  compose({ web: { command: ["sh", "-c", script], volumes: ["data:/data"], ...more } }, withData)

const textOf = (path: string) => Effect.promise(() => readFile(path, "utf8").catch(() => ""))

describeSwarm("Swarm, containers that stop slowly", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  /** Verifies: LAW-1 */
  runtimeTest("waits until Docker kills one that ignores SIGTERM", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const files = web("trap '' TERM; while :; do echo . >> /data/log; sleep 0.1; done", { stop_grace_period: "4s" })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      const log = join((yield* runtime.volumes(app))[0]?.path ?? "", "log")
      const { quietAfterMs } = yield* runtime.undeploy(app, deadline)
      const atReturn = yield* textOf(log)
      assert.isAbove(quietAfterMs, 3900)
      yield* Effect.sleep(1000)
      assert.strictEqual(yield* textOf(log), atReturn)
    })
  )

  /** Verifies: LAW-1 */
  runtimeTest(
    "names one whose grace period exceeds the deadline, and starts nothing beside it",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const script =
          "trap 'sleep 8; echo last of one >> /data/log; exit 0' TERM; echo one >> /data/log; while :; do sleep 0.1; done"
        const one = yield* release("1.0.0+1", web(script))
        const two = yield* release(
          "2.0.0+2",
          web("trap 'exit 0' TERM; echo two >> /data/log; while :; do sleep 0.1; done")
        )
        yield* runtime.deploy(app, one, deadline)
        const log = join((yield* runtime.volumes(app))[0]?.path ?? "", "log")
        yield* waitUntil(
          "it never wrote",
          Effect.map(textOf(log), (text) => text !== "")
        )
        const error = yield* Effect.flip(runtime.undeploy(app, 1000))
        assert.match(error.message, /container .*_web\.1\..* \(running\)/)
        const late = yield* Effect.flip(runtime.deploy(app, two, 1000))
        assert.match(
          `${late.message}; ${"next" in late ? late.next : ""}`,
          /containers of the previous deployment do not end: .*; docker kill/
        )
        yield* runtime.deploy(app, two, deadline)
        yield* waitUntil(
          "the next never wrote",
          Effect.map(textOf(log), (text) => text.includes("two"))
        )
        assert.strictEqual(yield* textOf(log), "one\nlast of one\ntwo\n")
        yield* run("docker", ["stack", "rm", app.stack])
      })
  )
})
