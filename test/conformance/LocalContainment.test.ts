/** Processes of an app that try to escape it: lastgood still finds, counts and ends them. */
import { readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { UseCgroups } from "@lastgood/core/runtime/local/Containment"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { execaSync } from "execa"
import { type LocalWorld, localWorld, until } from "./LocalWorld.ts"

const deadline = 10_000
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
const textOf = (path: string) => Effect.promise(() => readFile(path, "utf8").catch(() => ""))

/** Whether a test can make a control group here: as an unprivileged user, or in most containers, it cannot. */
const canGroup =
  process.getuid?.() === 0 &&
  execaSync(
    "sh",
    ["-c", "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w $d/cgroup.procs ] && exit 0; done; exit 1"],
    {
      reject: false
    }
  ).exitCode === 0

/** In a session of its own, with no parent, no environment and nothing open: each write opens the file anew. */
const orphan = (loop: string) => `(setsid env -i /bin/sh -c '${loop}' < /dev/null > /dev/null 2>&1 &)`

const ways = [
  { way: "a control group", cgroups: true, can: canGroup },
  { way: "the inherited limit alone", cgroups: false, can: true }
]

describe.each(ways)("Runtime: local, processes that escape, found by $way", ({ cgroups, can }) => {
  const check = (title: string, body: (world: LocalWorld) => Effect.Effect<void, unknown, Scope.Scope>) =>
    can
      ? it.live(
          title,
          () => Effect.flatMap(localWorld("A=1\n"), body).pipe(Effect.provideService(UseCgroups, cgroups)),
          30_000
        )
      : it.skip(`${title} (skipped: no control groups here)`, () => {})

  /** Starts an app with a helper that writes, and waits for its first write. */
  const withHelper = Effect.fnUntraced(function* ({ app, runtime, web, data }: LocalWorld, helper: string) {
    const one = yield* web("1.0.0+1", `${helper}; ${idle}`)
    yield* runtime.deploy(app, one, deadline)
    yield* until(
      "the helper never wrote",
      Effect.map(textOf(data("log")), (text) => text !== "")
    )
    return one
  })

  const staysAsItIs = Effect.fnUntraced(function* ({ data }: LocalWorld) {
    const atReturn = yield* textOf(data("log"))
    yield* Effect.sleep(1000)
    assert.strictEqual(yield* textOf(data("log")), atReturn)
  })

  /** Verifies: LAW-1 */
  check("are ended with the app, so none writes in the quiet window", (world) =>
    Effect.gen(function* () {
      const { app, runtime, data } = world
      yield* withHelper(world, orphan(`while :; do echo . >> ${data("log")}; sleep 0.2; done`))
      const { quietAfterMs } = yield* runtime.undeploy(app, deadline)
      assert.isBelow(quietAfterMs, 4000, "it was asked to end at once")
      yield* runtime.assertQuiet(app)
      yield* staysAsItIs(world)
    })
  )

  /** Verifies: LAW-1 */
  check("are ended even if they ignore SIGTERM", (world) =>
    Effect.gen(function* () {
      const { app, runtime, data } = world
      yield* withHelper(world, orphan(`trap "" TERM; while :; do echo . >> ${data("log")}; sleep 0.2; done`))
      yield* runtime.undeploy(app, 2000)
      yield* staysAsItIs(world)
    })
  )

  /** Verifies: LAW-1 */
  check("are named as the reason why the app is not quiet", (world) =>
    Effect.gen(function* () {
      const { app, runtime, data } = world
      yield* withHelper(world, orphan(`while :; do echo . >> ${data("log")}; sleep 0.2; done`))
      const [web] = (yield* runtime.inspect(app)).services
      const leader = Number(/pid (\d+)/.exec(web?.state ?? "")?.[1])
      yield* Effect.sync(() => process.kill(-leader, "SIGKILL"))
      yield* until(
        "web did not end",
        Effect.map(Effect.orDie(runtime.inspect(app)), (seen) => !seen.converged)
      )
      assert.match((yield* Effect.flip(runtime.assertQuiet(app))).message, /remaining: pid \d+ \(sh\) of notes/)
      yield* runtime.undeploy(app, deadline)
      yield* staysAsItIs(world)
    })
  )

  /** Verifies: LAW-1 */
  check("are ended if a command beside the app left them behind", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web, data } = world
      yield* runtime.deploy(app, yield* web("1.0.0+1", idle), deadline)
      yield* runtime.exec(app, orphan(`while :; do echo . >> ${data("log")}; sleep 0.2; done`), undefined)
      yield* until(
        "the helper never wrote",
        Effect.map(textOf(data("log")), (text) => text !== "")
      )
      yield* runtime.undeploy(app, deadline)
      yield* staysAsItIs(world)
    })
  )

  /** Verifies: LAW-2 */
  check("of one version are ended before the next one starts", (world) =>
    Effect.gen(function* () {
      const { app, runtime, web, data } = world
      yield* withHelper(world, orphan(`while :; do echo old >> ${data("log")}; sleep 0.2; done`))
      yield* runtime.deploy(app, yield* web("2.0.0+1", `echo new >> ${data("log")}; ${idle}`), deadline)
      yield* Effect.sleep(1000)
      assert.match(yield* textOf(data("log")), /^(old\n)+new\n$/)
    })
  )

  if (cgroups) {
    check("do not restart a running app", (world) =>
      Effect.gen(function* () {
        const { app, runtime, data } = world
        const one = yield* withHelper(world, orphan(`echo . >> ${data("log")}; while :; do sleep 0.2; done`))
        yield* runtime.deploy(app, one, deadline)
        assert.strictEqual(yield* textOf(data("log")), ".\n")
      })
    )

    /** Verifies: LAW-1 */
    check("are ended even if they give up the limit", (world) =>
      Effect.gen(function* () {
        const { app, runtime, data } = world
        yield* withHelper(world, orphan(`ulimit -m 1000; while :; do echo . >> ${data("log")}; sleep 0.2; done`))
        const { quietAfterMs } = yield* runtime.undeploy(app, deadline)
        assert.isBelow(quietAfterMs, 4000, "it was asked to end at once")
        yield* staysAsItIs(world)
      })
    )

    /** Verifies: LAW-1 */
    check("are ended even if they leave the group as root", (world) =>
      Effect.gen(function* () {
        const { app, runtime, data } = world
        const leave = "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do echo 0 > $d/cgroup.procs; done"
        yield* withHelper(world, orphan(`${leave}; while :; do echo . >> ${data("log")}; sleep 0.2; done`))
        yield* runtime.undeploy(app, deadline)
        yield* staysAsItIs(world)
      })
    )

    /** Verifies: LAW-1 */
    check("are ended even if they keep forking and exiting", (world) =>
      Effect.gen(function* () {
        const { app, runtime, web, data } = world
        // Each lives for a moment only. Whatever becomes of the test, it ends by itself.
        const chain = `$SIG{TERM} = "IGNORE"; $end = time + 20; for ($i = 0; time < $end; $i++) { exit if fork; next if $i % 500; open F, ">>", "${data("log")}"; print F "."; close F }`
        const one = yield* web("1.0.0+1", `setsid env -i perl -e '${chain}' < /dev/null > /dev/null 2>&1 & ${idle}`)
        yield* runtime.deploy(app, one, deadline)
        yield* until(
          "the helper never wrote",
          Effect.map(textOf(data("log")), (text) => text.length > 2)
        )
        yield* runtime.undeploy(app, 2000)
        yield* runtime.assertQuiet(app)
        yield* staysAsItIs(world)
      })
    )
  }
})
