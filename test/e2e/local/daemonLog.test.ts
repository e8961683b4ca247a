/** The daemon's log, as its readers see it: a program, systemd's journal, nobody. */
import { readFile, writeFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { lastgoodCommand } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { installed } from "../expect.ts"
import { exits, v2, v3, type World, waitUntil } from "../harness.ts"

const secret = "c4nary-Wq8-secret"
const options = {
  env: { TOKEN: secret },
  config: "    interval: 300ms\n",
  top: `notify: ["generic+http://user:${secret}@127.0.0.1:9/${secret}"]\nping: http://127.0.0.1:9/${secret}\nhttp: "off"\n`
}

type Line = Readonly<Record<string, unknown>>

const started = (world: World, redirect: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      world.start(["-c", `exec ${lastgoodCommand.map((word) => `"${word}"`).join(" ")} reconcile ${redirect}`], {}, [
        "bash"
      ])
    ),
    (running) =>
      Effect.andThen(
        Effect.sync(() => running.signal("SIGTERM")),
        Effect.ignore(running.done)
      )
  )

const text = (world: World, file: string) => Effect.promise(() => readFile(world.at(file), "utf8").catch(() => ""))

const holds = (world: World, file: string, what: RegExp) =>
  waitUntil(
    `${file} does not hold ${what}`,
    Effect.map(text(world, file), (log) => what.test(log)),
    60_000
  )

describe.concurrent("the daemon's log", () => {
  /** Verifies: LAW-12 */
  it.live("is JSON for a program: what begins, happens and ends, each once, without a secret", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const running = yield* started(world, ">out 2>err")
      yield* holds(world, "out", /"DaemonStarted"/)
      yield* world.tag(v2)
      yield* holds(world, "out", /"AttemptEnded"/)
      yield* world.tag(v3, exits)
      yield* holds(world, "out", /"outcome":"recovered"/)
      yield* holds(world, "out", /"refused"/)
      // Several passes, each of which finds the same version in quarantine.
      yield* Effect.sleep("1500 millis")
      running.signal("SIGTERM")
      assert.strictEqual((yield* running.done).code, 130)

      const out = yield* text(world, "out")
      const lines: ReadonlyArray<Line> = out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      for (const line of lines) {
        assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT.*Z$/)
        assert.oneOf(line["level"], ["info", "warning", "error"])
        assert.isString(line["message"])
      }
      const events = lines.map(({ event }) => event)
      assert.strictEqual(events[0], "DaemonStarted")
      assert.deepInclude(lines[0], { apps: [{ app: "demo", intervalSeconds: 0.3 }], http: [] })
      assert.match(JSON.stringify(lines[0]?.["sinks"]), /^\["file","generic:127\.0\.0\.1:[0-9a-f]{4}"\]$/)
      assert.deepInclude(lines.at(-1), { event: "DaemonStopping", why: "SIGTERM", inFlight: [] })
      const ended = lines.filter(({ event }) => event === "AttemptEnded")
      assert.deepStrictEqual(
        ended.map(({ app, level, outcome }) => ({ app, level, outcome })),
        [
          { app: "demo", level: "info", outcome: "committed" },
          { app: "demo", level: "warning", outcome: "recovered" }
        ]
      )
      assert.isString(ended[0]?.["attempt"])
      const passes = lines.filter(({ event }) => event === "PassEnded")
      assert.lengthOf(passes, 1, out)
      assert.match(String(passes[0]?.["next"]), /^lastgood retry demo/)
      assert.strictEqual(yield* text(world, "err"), "")
      assert.notInclude(out, secret)
    })
  )

  it.live("names in its last line the attempt that it leaves", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const env = "LASTGOOD_TEST_FAULTS=1 LASTGOOD_FAULT=forward/health:before:hang"
      const command = lastgoodCommand.map((word) => `"${word}"`).join(" ")
      const running = world.start(["-c", `${env} exec ${command} reconcile >out 2>err`], {}, ["bash"])
      yield* holds(world, "out", /"DaemonStarted"/)
      yield* world.tag(v2, { health: 503 })
      yield* holds(world, "out", /"step":"health"/)
      running.signal("SIGTERM")
      yield* running.done
      const last = JSON.parse((yield* text(world, "out")).trimEnd().split("\n").at(-1) ?? "")
      assert.deepInclude(last, { event: "DaemonStopping", inFlight: [{ app: "demo", step: "health" }] })
    })
  )

  it.live("has a level for systemd's journal, which has the time itself", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      yield* Effect.promise(() => writeFile(world.at("err"), ""))
      const journal = `>err 2>&1`
      const command = lastgoodCommand.map((word) => `"${word}"`).join(" ")
      const script = `JOURNAL_STREAM=$(stat -c %d:%i err) exec ${command} reconcile ${journal}`
      const running = world.start(["-c", script], {}, ["bash"])
      yield* holds(world, "err", /^<6>lastgood watches demo \(every 300 ms\); alerts go to file, generic/m)
      yield* world.tag(v2, exits)
      yield* holds(world, "err", /^<4>demo: RollbackStarted /m)
      running.signal("SIGTERM")
      yield* running.done
      for (const line of (yield* text(world, "err")).trimEnd().split("\n")) assert.match(line, /^<[3467]>/)
      assert.notInclude(yield* text(world, "err"), secret)
    })
  )

  it.live("has a level for what it finishes before it ends", () =>
    Effect.gen(function* () {
      const world = yield* installed({
        ...options,
        config: `${options.config}    deadlines: { undeploy: 3s, stall: 5s }\n`
      })
      yield* Effect.promise(() => writeFile(world.at("err"), ""))
      const env =
        "LASTGOOD_TEST_FAULTS=1 LASTGOOD_FAULT=forward/undeploy:before:hang JOURNAL_STREAM=$(stat -c %d:%i err)"
      const command = lastgoodCommand.map((word) => `"${word}"`).join(" ")
      const running = world.start(["-c", `${env} exec ${command} reconcile >err 2>&1`], {}, ["bash"])
      yield* holds(world, "err", /^<6>lastgood watches demo/m)
      yield* world.tag(v2, exits)
      yield* holds(world, "err", /^<6>demo: StepStarted.* undeploy/m)
      running.signal("SIGTERM")
      yield* running.done
      const said = yield* text(world, "err")
      assert.match(said, /^<6>lastgood: finishing the step that keeps demo down/m)
      for (const line of said.trimEnd().split("\n")) assert.match(line, /^<[3467]>/)
    })
  )

  it.live("tells a refusal once in the journal, also of a pass by itself", () =>
    Effect.gen(function* () {
      const world = yield* installed({ ...options, top: "" })
      yield* world.tag(v2, exits)
      yield* world.lastgood(["upgrade", "demo"])
      yield* Effect.promise(() => writeFile(world.at("err"), ""))
      const command = lastgoodCommand.map((word) => `"${word}"`).join(" ")
      const script = `JOURNAL_STREAM=$(stat -c %d:%i err) exec ${command} reconcile --once >err 2>&1`
      yield* world.start(["-c", script], {}, ["bash"]).done
      const lines = (yield* text(world, "err")).trimEnd().split("\n")
      assert.lengthOf(
        lines.filter((line) => line.includes("quarantine")),
        1,
        lines.join("\n")
      )
    })
  )

  it.live("goes to standard error as text if nothing reads standard output", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const running = yield* started(world, ">/dev/null 2>err")
      yield* holds(world, "err", /^\d{4}-.*Z info: lastgood watches demo/m)
      assert.isTrue(running.isRunning())
    })
  )

  it.live("may lose its reader: the daemon goes on", () =>
    Effect.gen(function* () {
      const world = yield* installed(options)
      const running = yield* started(world, "2>err | head -n 1 >out")
      yield* holds(world, "out", /"DaemonStarted"/)
      yield* world.tag(v2)
      yield* waitUntil(
        "the daemon does not upgrade",
        Effect.map(world.status, ({ lastGood }) => lastGood === v2),
        60_000
      )
      assert.isTrue(running.isRunning())
      for (const { pid, command } of yield* world.processes)
        if (command.includes("reconcile")) process.kill(pid, "SIGTERM")
    })
  )
})
