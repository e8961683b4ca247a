/** What the caller's surroundings must not do to a real run: its environment, its descriptors. */
import { readdir, readlink } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { lastgoodCommand } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { expectCode, installed } from "../expect.ts"
import { makeWorld, v1, v2 } from "../harness.ts"
import { appPids } from "../watch.ts"

const openBy = (pid: number) =>
  Effect.promise(async () => {
    const fds = await readdir(`/proc/${pid}/fd`)
    return Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")))
  })

describe.concurrent("the caller's environment", () => {
  /** Verifies: LAW-17, LAW-11 */
  it.live("does not affect snapshots by TAR_OPTIONS, and does not reach the app", () =>
    Effect.gen(function* () {
      const world = yield* installed()
      const hostile = {
        TAR_OPTIONS: "--exclude=rows*",
        GZIP: "-9",
        POSIXLY_CORRECT: "1",
        GIT_DIR: "/nowhere",
        MARK: "caller"
      }
      yield* world.tag(v2)
      expectCode(yield* world.lastgood(["upgrade", "demo"], hostile), 0)
      const archive = world.at("root", "demo", "snapshot", "volumes", "data.tar")
      const { stdout } = yield* run("tar", ["-tf", archive])
      assert.include(stdout, "rows")
      const [pid = 0] = yield* appPids(world)
      const { stdout: environment } = yield* run("cat", [`/proc/${pid}/environ`])
      assert.notMatch(environment, /TAR_OPTIONS|POSIXLY_CORRECT|GIT_DIR|caller/)
    })
  )

  /** Verifies: LAW-17, LAW-7 */
  it.live("keeps a lock while lastgood runs, which the app does not inherit", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      yield* world.tag(v1)
      const lock = world.at("lock")
      const caller = (script: string, ...args: ReadonlyArray<string>) =>
        world.lastgood(args, {}, ["bash", "-c", script, "bash", lock, ...lastgoodCommand])
      // The shell executes lastgood, so no other process has the lock.
      const exec = 'exec 200>"$1"; flock -n 200; shift; exec "$@"'
      const deployed = yield* caller(exec, "deploy", "demo")
      assert.strictEqual(deployed.code, 0, deployed.stderr)
      const [pid = 0] = yield* appPids(world)
      assert.notInclude(yield* openBy(pid), lock)
      const command = ["--", "flock", "-n", lock, "true"]
      const held = yield* caller(exec, "try", "demo", v1, ...command)
      assert.strictEqual(held.code, 1, `${held.stdout}${held.stderr}`)
      assert.strictEqual((yield* caller('flock -n "$1" true')).code, 0)
    })
  )
})
