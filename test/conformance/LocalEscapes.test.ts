/** Processes of the local runtime that are hard to tell from others: what must be found, and what must be left alone. */
import { spawn } from "node:child_process"
import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { kill, mentioning } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execaSync } from "execa"
import { type LocalWorld, localWorld, until } from "./LocalWorld.ts"

const deadline = 10_000
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

const check = (title: string, body: (world: LocalWorld) => Effect.Effect<void, unknown, Scope.Scope>, can = true) =>
  can
    ? it.live(title, () => Effect.flatMap(localWorld("A=1\n"), body), 30_000)
    : it.skip(`${title} (skipped: no mount namespaces here)`, () => {})

const textOf = (path: string) => Effect.promise(() => readFile(path, "utf8").catch(() => ""))

const canUnshare = execaSync("unshare", ["--mount", "true"], { reject: false }).exitCode === 0

describe("Runtime: local, processes that are hard to recognize", () => {
  /** Verifies: LAW-1 */
  check("belong to the app without its session and environment, like PostgreSQL's backends", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web, data } = world
      // Opens the file anew each time: between two writes nothing tells that it will write again.
      const writes = `while :; do echo . >> ${data("log")}; sleep 0.3; done`
      const one = yield* web("1.0.0+1", `setsid env -i /bin/sh -c '${writes}' > /dev/null 2>&1 & ${idle}`)
      yield* runtime.deploy(app, one, deadline)
      yield* until(
        "it never wrote",
        Effect.map(textOf(data("log")), (text) => text !== "")
      )
      const { quietAfterMs } = yield* runtime.undeploy(app, deadline)
      assert.isBelow(quietAfterMs, 4000, "it is asked to end when nobody of the app is left to end it")
      const atReturn = yield* textOf(data("log"))
      yield* Effect.sleep(1000)
      assert.strictEqual(yield* textOf(data("log")), atReturn)
    })
  )

  /** Verifies: LAW-1 */
  check(
    "end in order when they are frozen by SIGSTOP, before the grace period is over",
    ({ app, runtime, web, data }) =>
      Effect.gen(function* () {
        const one = yield* web(
          "1.0.0+1",
          `trap 'echo asked > ${data("asked")}; exit 0' TERM; echo $$ > ${data("pid")}; while :; do sleep 0.1; done`
        )
        yield* runtime.deploy(app, one, deadline)
        yield* until(
          "it did not start",
          Effect.map(textOf(data("pid")), (text) => text.endsWith("\n"))
        )
        const pid = Number(yield* textOf(data("pid")))
        yield* Effect.sync(() => process.kill(pid, "SIGSTOP"))
        const { quietAfterMs } = yield* runtime.undeploy(app, deadline)
        assert.strictEqual(yield* textOf(data("asked")), "asked\n")
        assert.isBelow(quietAfterMs, 4000)
      })
  )

  check(
    "do not belong to the app if its path is another folder for them, as in a container",
    (world) =>
      Effect.gen(function* () {
        const { dir, app, runtime, web, data } = world
        yield* runtime.deploy(app, yield* web("1.0.0+1", `echo 1 > ${data("file")}; ${idle}`), deadline)
        const script = 'mount -t tmpfs none "$1" && mkdir -p "$2" && exec env "LASTGOOD_APP_DIR=$2" sleep 1000'
        const args = ["--mount", "sh", "-c", script, "sh", join(dir, "root"), app.dir]
        const other = yield* Effect.acquireRelease(
          Effect.sync(() => spawn("unshare", args, { stdio: "ignore", detached: true, cwd: "/" })),
          ({ pid = 0 }) => kill(-pid)
        )
        yield* until(
          "the container did not start",
          Effect.map(mentioning(`LASTGOOD_APP_DIR=${app.dir}`), (all) =>
            all.some(({ command }) => command === "sleep 1000")
          )
        )
        yield* runtime.undeploy(app, deadline)
        assert.isNull(other.signalCode)
        assert.isNull(other.exitCode)
      }),
    canUnshare
  )

  check("that were never started are missing after an interrupted deploy", (world) =>
    Effect.gen(function* () {
      const { app, runtime, layOut } = world
      const one = yield* layOut("1.0.0+1", {
        Procfile: "web: exec sh web.sh\nworker: exec sh web.sh\n",
        "web.sh": idle
      })
      yield* runtime.deploy(app, one, deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
      const pid = /pid (\d+)/.exec(
        (yield* runtime.inspect(app)).services.find(({ name }) => name === "worker")?.state ?? ""
      )?.[1]
      // As if lastgood had been killed after it started `web`.
      yield* kill(-Number(pid))
      yield* Effect.promise(() => rm(join(app.dir, "run", "worker.json")))
      yield* until(
        "worker did not end",
        Effect.map(mentioning("LASTGOOD_PROCESS=worker"), (all) => all.every(({ pid: left }) => left !== Number(pid)))
      )
      const seen = yield* runtime.inspect(app)
      assert.deepStrictEqual([seen.present, seen.converged], [true, false])
      yield* runtime.deploy(app, one, deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
    })
  )
})
