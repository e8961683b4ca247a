/** `lastgood try`, through the real command: whatever comes of it, the app is as it was. */
import { readdir, readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { git as gitIn } from "@lastgood/testing/git"
import { mentioning } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import {
  expectApp,
  expectCode,
  expectNoOldCodeOnNewData,
  expectNoStrayProcess,
  expectWholeLog,
  installed
} from "../expect.ts"
import { exits, harms, migrates, v1, v2, v3, type World, waitUntil } from "../harness.ts"

/** 1.0.0 runs with one row; 1.1.0 migrates the data one way, and is never upgraded to. */
const warm = Effect.fnUntraced(function* (behaviour = migrates) {
  const world = yield* installed({ config: "    policy: manual\n" })
  yield* world.tag(v2, behaviour)
  return world
})

/** A command that leaves a line in the world's folder each time it runs, and then does what the script says. */
const script = (world: World, text: string): ReadonlyArray<string> => [
  "--",
  "sh",
  "-c",
  `echo "$LASTGOOD_VERSION" >>${world.at("ran")}; ${text}`
]

const timesRun = (world: World) =>
  Effect.map(world.textOf("ran"), (text) => (text ?? "").split("\n").filter((line) => line !== "").length)

/** The previous version, data and last good version, without an alert, a quarantine or leftovers. */
const expectAsBefore = Effect.fnUntraced(function* (world: World, rows: ReadonlyArray<string> = ["a"]) {
  yield* expectApp(world, { version: v1, schema: 1, rows })
  assert.strictEqual((yield* world.page).mark, "one")
  assert.deepStrictEqual(yield* world.alerts, [])
  assert.deepInclude(yield* world.status, { phase: "running", running: v1, lastGood: v1, quarantined: [] })
  yield* expectNoOldCodeOnNewData(world)
  yield* expectNoStrayProcess(world)
  const events = yield* expectWholeLog(world)
  assert.deepStrictEqual(
    events.filter(({ type }) => type === "UpgradeCommitted").length,
    1,
    "only the first deploy was committed"
  )
})

/** Starts a try, and waits until its command runs. */
const trying = Effect.fnUntraced(function* (world: World, ...args: ReadonlyArray<string>) {
  const running = world.start(["try", "demo", v2, ...args])
  yield* waitUntil(
    "the command does not run",
    Effect.map(timesRun(world), (times) => times === 1),
    60_000
  )
  return { signal: (name: NodeJS.Signals) => Effect.sync(() => running.signal(name)), done: running.done }
})

describe.concurrent("lastgood try", () => {
  /** Verifies: LAW-2, LAW-5, LAW-8 */
  it.live("runs a command on a version that migrated the data, and rolls back version and data", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const seen = `curl -s ${world.url}; curl -s -d "of the try" ${world.url} >/dev/null; printf ' %s %s\\n' "$LASTGOOD_APP" "$LASTGOOD_LAST_GOOD"`
      const ran = yield* world.lastgood(["try", "demo", v2, ...script(world, seen)])
      expectCode(ran, 0)
      assert.include(ran.stdout, `"version":"${v2}","schema":2,"rows":["a","written by 2"]`)
      assert.include(ran.stdout, ` demo ${v1}\n`)
      assert.match(
        ran.stdout,
        /demo: 1\.1\.0\+1\.1\.0 is healthy and the command passed; rolled back: 1\.0\.0\+1\.0\.0 is running/
      )
      yield* expectAsBefore(world)
      // What it wrote is there to be looked at, until the next try.
      const [attempt = ""] = yield* world.namesIn("root", "demo", "aside")
      const wrote = yield* world.textOf("root", "demo", "aside", attempt, "data", "rows.2")
      assert.strictEqual(wrote, "a\nwritten by 2\nof the try\n")
    })
  )

  it.live("accepts a branch and a commit, each as a commit of its own", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const git = (...args: ReadonlyArray<string>) => gitIn(world.at("recipe"), ...args)
      yield* git("commit", "-q", "--allow-empty", "-m", "more")
      yield* git("branch", "feature")
      const commit = yield* git("rev-parse", "HEAD")
      for (const ref of ["feature", commit.slice(0, 10)]) {
        const ran = yield* world.lastgood(["try", "demo", ref, "--json", "--", "sh", "-c", "echo $LASTGOOD_COMMIT"])
        expectCode(ran, 0)
        assert.deepInclude(JSON.parse(ran.stdout), { outcome: "done", running: v1, lastGood: v1 })
        assert.deepInclude(JSON.parse(ran.stdout).tried, { version: commit.slice(0, 12), commit })
        assert.include(ran.stderr, `\n${commit}\n`, "with --json the command prints to standard error")
      }
      yield* expectAsBefore(world)
    })
  )

  it.live("exits with 1 if the command fails, with its code in --json, and with 3 if the version fails", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const failed = yield* world.lastgood(["try", "demo", v2, "--json", ...script(world, "echo so it is; exit 42")])
      expectCode(failed, 1)
      const { outcome, tried } = JSON.parse(failed.stdout)
      assert.strictEqual(outcome, "failed")
      assert.deepInclude(tried.command, { ok: false, code: 42, signal: null, timedOut: false, output: "so it is" })
      yield* expectAsBefore(world)

      for (const [version, behaviour] of [
        ["1.2.0+1.2.0", harms],
        ["1.3.0+1.3.0", exits]
      ] as const) {
        yield* world.tag(version, behaviour)
        const sick = yield* world.lastgood(["try", "demo", version, ...script(world, "true")])
        expectCode(sick, 3)
        assert.match(
          sick.stdout,
          new RegExp(`${version.replaceAll(/[.+]/g, "\\$&")} failed; rolled back: 1\\.0\\.0\\+1\\.0\\.0 is running`)
        )
        yield* expectAsBefore(world)
      }
      assert.strictEqual(yield* timesRun(world), 1, "nothing is run beside a version that is not healthy")
    })
  )

  it.live("ends a hanging command with everything that it started, and rolls back", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const hang = `setsid sh -c 'trap "" TERM; sleep 1000; sleep 1000' & sleep 1000`
      const ran = yield* world.lastgood(["try", "demo", v2, "--timeout", "1s", ...script(world, hang)])
      expectCode(ran, 1)
      assert.match(ran.stdout, /sh timed out after 1 s and was killed/)
      yield* expectAsBefore(world)
    })
  )

  /** Verifies: LAW-12 */
  it.live("logs nothing of the command's output and arguments, except for the redacted end of a failed one's", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: manual\n", env: { SECRET: "correct-horse" } })
      yield* world.tag(v2, migrates)
      const given = ["--", "sh", "-c", 'echo "only for the eyes"; exit "$1"', "--password", "0", "battery-staple"]
      const passed = yield* world.lastgood(["try", "demo", v2, ...given])
      expectCode(passed, 0)
      assert.include(passed.stdout, "only for the eyes")
      const failed = yield* world.lastgood(["try", "demo", v2, ...script(world, "echo it is correct-horse; exit 1")])
      expectCode(failed, 1)
      assert.include(failed.stdout, "it is correct-horse")
      const log = JSON.stringify((yield* world.log).events)
      assert.include(log, "it is ***")
      for (const text of ["only for the eyes", "battery-staple", "correct-horse"]) assert.notInclude(log, text)
    })
  )

  /** Verifies: LAW-14 */
  it.live("is refused before the app is touched for an unknown program or ref, an invalid recipe, or a hold", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const starts = (yield* world.starts).length
      yield* Effect.promise(() => import("node:fs/promises").then((fs) => fs.rm(world.at("recipe", "Procfile"))))
      yield* world.tag(v3)
      const said = Effect.fnUntraced(function* (code: number, ...args: ReadonlyArray<string>) {
        const ran = yield* world.lastgood(["try", "demo", ...args])
        expectCode(ran, code)
        return ran.stdout + ran.stderr
      })
      assert.match(
        yield* said(64, v2, "--", "no-such-program"),
        /there is no executable program no-such-program[\s\S]*next: /
      )
      assert.match(yield* said(1, "no-such-ref", "--", "true"), /not a tag, branch or commit[\s\S]*next: /)
      assert.match(yield* said(5, v3, "--", "true"), /Procfile/)
      expectCode(yield* world.lastgood(["hold", "demo", "--reason", "the fair"]), 0)
      assert.match(yield* said(5, v2, "--", "true"), /the fair[\s\S]*lastgood release demo/)
      assert.strictEqual((yield* world.starts).length, starts)
    })
  )

  /** Verifies: LAW-5 */
  it.live("is refused if the last good version is not running, and suggests promote", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      yield* Effect.promise(async () => {
        const { rm } = await import("node:fs/promises")
        for (const name of ["events.db", "events.db-wal", "events.db-shm"])
          await rm(world.at("root", name), { force: true })
      })
      const ran = yield* world.lastgood(["try", "demo", v2, "--", "true"])
      expectCode(ran, 1)
      assert.match(ran.stderr, /next: lastgood promote demo/)
      expectCode(yield* world.lastgood(["promote", "demo", "--version", v1, "--no-snapshot"]), 0)
      expectCode(yield* world.lastgood(["try", "demo", v2, "--", "true"]), 0)
    })
  )

  /** Verifies: LAW-3 */
  it.live("keeps only the data of the last try, and no earlier version's snapshot is lost", () =>
    Effect.gen(function* () {
      const world = yield* installed({ config: "    policy: manual\n    snapshot: { keep: 1 }\n" })
      yield* world.tag(v2, migrates)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2]), 0)
      yield* world.tag(v3, { schema: 3 })
      for (let i = 0; i < 3; i++) expectCode(yield* world.lastgood(["try", "demo", v3]), 0)
      assert.strictEqual((yield* world.namesIn("root", "demo", "aside")).length, 1)
      assert.strictEqual((yield* world.namesIn("root", "demo", "snapshots")).length, 2)
      expectCode(yield* world.lastgood(["rollback", "demo"]), 0)
      yield* expectApp(world, { version: v1, schema: 1, rows: ["a"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )
})

describe.concurrent("a try that is interrupted", () => {
  it.live("by Ctrl-C ends its command, rolls back and exits with 130", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const { done, signal } = yield* trying(world, ...script(world, "sleep 1000"))
      yield* signal("SIGINT")
      const ran = yield* done
      expectCode(ran, 130)
      assert.match(ran.stderr, /finishing the rollback of demo to its last good version; press again to leave at once/)
      assert.match(
        ran.stderr,
        /lastgood: interrupted\ndemo: the try of 1\.1\.0\+1\.1\.0 was interrupted; rolled back: 1\.0\.0\+1\.0\.0 is running/
      )
      yield* expectAsBefore(world)
    })
  )

  /** Verifies: LAW-2, LAW-6, LAW-7 */
  it.live("by kill -9 is rolled back by the next command, which ends its command and does not run it again", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const busy = `setsid sleep 1000 & sleep 1000`
      const { done, signal } = yield* trying(world, ...script(world, busy))
      yield* signal("SIGKILL")
      expectCode(yield* done, null)
      assert.isAbove((yield* mentioning(world.home)).length, 1, "the command outlives it")
      assert.strictEqual((yield* world.page).version, v2)
      const next = yield* world.lastgood(["reconcile", "--once", "--json"])
      expectCode(next, 3)
      assert.deepInclude(JSON.parse(next.stdout).apps[0], { outcome: "recovered" })
      yield* expectAsBefore(world)
      assert.strictEqual(yield* timesRun(world), 1)
    })
  )

  it.live("does not block the next command, and can be repeated", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const args = script(world, "true")
      const killed = ["try", "demo", v2, ...args]
      expectCode(yield* world.lastgood(killed, world.fault("forward/command:after:kill")), null)
      expectCode(yield* world.lastgood(killed), 0)
      assert.strictEqual(yield* timesRun(world), 2, "once for each time that it was asked for")
      expectCode(yield* world.lastgood(killed, world.fault("forward/deploy:after:kill")), null)
      expectCode(yield* world.lastgood(["upgrade", "demo", "--to", v2]), 0)
      yield* expectApp(world, { version: v2, schema: 2, rows: ["a", "written by 2"] })
      yield* expectNoOldCodeOnNewData(world)
    })
  )

  /** Verifies: LAW-9, LAW-10 */
  it.live("and whose snapshot is damaged meanwhile is left down with an alert and exit 4", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const { done, signal } = yield* trying(world, ...script(world, "sleep 1000"))
      yield* signal("SIGKILL")
      yield* done
      yield* world.flipBit("root", "demo", "snapshot", "volumes", "data.tar")
      const ran = yield* world.lastgood(["try", "demo", v2, ...script(world, "true")])
      expectCode(ran, 4)
      assert.match(ran.stdout, /was tried, and the app was left DOWN on purpose/)
      const [alert, ...more] = yield* world.alerts
      assert.deepStrictEqual(more, [])
      assert.deepInclude(alert, { outcome: "left-down", attempted: v2, recovered: false })
      assert.deepStrictEqual(yield* world.processes, [])
      assert.strictEqual(yield* timesRun(world), 1)
    })
  )
})

describe.concurrent("a plugin's hooks", () => {
  it.live("run around the steps of a try as in an upgrade, and get the kind of attempt", () =>
    Effect.gen(function* () {
      const world = yield* warm()
      const { writeFile } = yield* Effect.promise(() => import("node:fs/promises"))
      const config = yield* Effect.promise(() => readFile(world.at("lastgood.yaml"), "utf8"))
      yield* Effect.promise(() =>
        writeFile(
          world.at("hooked.ts"),
          `export default { recipe: "recipe", hooks: { before: { command: ({ kind }) => "before the command of a " + kind } } }\n`
        )
      )
      yield* Effect.promise(() => writeFile(world.at("lastgood.yaml"), `plugins: [./hooked.ts]\n${config}`))
      expectCode(yield* world.lastgood(["try", "demo", v2, "--", "true"]), 0)
      const hooks = (yield* world.log).events.filter(({ type }) => type === "HookRan")
      assert.deepInclude(hooks[0]?.data as object, { step: "command", output: "before the command of a try" })
      assert.isNotEmpty(yield* Effect.promise(() => readdir(world.at("root", "demo", "snapshots"))))
    })
  )
})
