/** Hazards that the local runtime finds before it takes an app down, and what does not count as one. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { kill } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type LocalWorld, localWorld, until } from "./LocalWorld.ts"

const deadline = 10_000
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

const check = (title: string, body: (world: LocalWorld) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(title, () => Effect.flatMap(localWorld("A=1\n"), body), 30_000)

/** Somebody else's program, for as long as the scope is open. */
const outsider = (command: string, args: ReadonlyArray<string>, cwd = "/") =>
  Effect.acquireRelease(
    Effect.sync(() => spawn(command, args, { stdio: "ignore", detached: true, cwd })),
    ({ pid = 0 }) => kill(-pid)
  ).pipe(
    Effect.map(({ pid }) => pid ?? 0),
    Effect.tap(() => Effect.sleep(300))
  )

const running = Effect.fnUntraced(function* ({ app, runtime, web, data }: LocalWorld, more = "") {
  const one = yield* web("1.0.0+1", `exec 3>> ${data("own")}; ${more} ${idle}`)
  yield* runtime.deploy(app, one, deadline)
  return one
})

describe("Runtime: local, other users of a volume while the app runs", () => {
  const found = (
    title: string,
    how: (world: LocalWorld) => Effect.Effect<number, unknown, Scope.Scope>,
    what: RegExp
  ) =>
    check(title, (world) =>
      Effect.gen(function* () {
        const { app, runtime } = world
        const release = yield* running(world)
        yield* Effect.gen(function* () {
          const pid = yield* how(world)
          const [hazard, ...more] = yield* runtime.preflight(app, release)
          assert.deepStrictEqual([hazard?.kind, more], ["held-volume", []])
          assert.match(hazard?.what ?? "", what)
          assert.include(hazard?.what, `pid ${pid} (`)
          assert.include(hazard?.next, `kill ${pid}`)
        }).pipe(Effect.scoped)
        assert.deepStrictEqual(yield* runtime.preflight(app, release), [])
        assert.isTrue((yield* runtime.inspect(app)).converged)
      })
    )

  /** Verifies: LAW-14 */
  found(
    "are a hazard if they have a file of it open for writing",
    ({ data }) => outsider("sh", ["-c", `exec 9>> ${data("foreign")}; exec sleep 1000`]),
    /its data is in use outside of the app: pid \d+ \(sleep\) has \/.*volumes\/data\/foreign open/
  )

  /** Verifies: LAW-14 */
  found(
    "are a hazard even if they only read it",
    ({ data }) => outsider("tail", ["--follow", data("own")]),
    /pid \d+ \(tail\) has \/.*volumes\/data\/own open/
  )

  /** Verifies: LAW-14 */
  found(
    "are a hazard if they have their working folder in it",
    ({ data }) => outsider("sleep", ["1000"], data()),
    /pid \d+ \(sleep\) has \/.*volumes\/data open/
  )

  check("do not include the app's own processes, even without its session", (world) =>
    Effect.gen(function* () {
      const release = yield* running(
        world,
        `setsid sh -c 'exec 8>> ${world.data("child")}; exec sleep 1000' & sleep 0.2;`
      )
      assert.deepStrictEqual(yield* world.runtime.preflight(world.app, release), [])
    })
  )

  check("do not include short-lived processes", (world) =>
    Effect.gen(function* () {
      const release = yield* running(world)
      yield* outsider("sleep", ["0.8"], world.data())
      assert.deepStrictEqual(yield* world.runtime.preflight(world.app, release), [])
    })
  )

  check("do not keep an app down", (world) =>
    Effect.gen(function* () {
      const { app, runtime, layOut, data } = world
      const two = yield* layOut("1.0.0+1", {
        Procfile: `web: exec sh idle.sh\nworker: exec sh idle.sh\n`,
        "idle.sh": idle
      })
      yield* runtime.deploy(app, two, deadline)
      yield* outsider("sleep", ["1000"], data())
      const [first] = (yield* runtime.inspect(app)).services
      yield* kill(-Number(/pid (\d+)/.exec(first?.state ?? "")?.[1]))
      yield* until("it did not end", Effect.map(runtime.inspect(app), (seen) => !seen.converged).pipe(Effect.orDie))
      assert.deepStrictEqual(yield* runtime.preflight(app, two), [])
      yield* runtime.deploy(app, two, deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
    })
  )

  /** Verifies: LAW-14 */
  check("are a hazard while all processes of an app run", (world) =>
    Effect.gen(function* () {
      const { app, dir, runtime, layOut, data } = world
      const two = yield* layOut("1.0.0+1", {
        Procfile: `web: exec sh idle.sh\nworker: exec sh idle.sh\n`,
        "idle.sh": idle
      })
      yield* runtime.deploy(app, two, deadline)
      yield* outsider("sleep", ["1000"], data())
      yield* outsider("tail", ["--follow", join(dir, "notes.env")])
      assert.strictEqual((yield* runtime.preflight(app, two)).length, 1)
    })
  )
})
