import { DatabaseSync } from "node:sqlite"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { waitUntil } from "../../../test/e2e/harness.ts"
import { jsonOf, makeWorld } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

type World = Effect.Success<ReturnType<typeof makeWorld>>

const first = "1.0.0+1.0.0"

const deployed = (body: (world: World) => Effect.Effect<void>) => () =>
  Effect.scoped(
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const { code, stderr, stdout } = yield* world.lastgood(["deploy", "web", "--to", first])
      assert.strictEqual(code, 0, stdout + stderr)
      yield* body(world)
    })
  )

/** Runs until the log says that the step was begun, and hangs there. */
const hanging = (world: World, step: string) =>
  Effect.gen(function* () {
    const run = world.start(["snapshot", "web", "-q"], world.hangAt(`forward/${step}:before`))
    const done = yield* Effect.forkChild(run.done)
    const begun = Effect.map(
      world.lastgood(["log", "--limit", "1", "--json"]),
      ({ stdout }) => stdout.includes(`"StepStarted"`) && stdout.includes(`"step":"${step}"`)
    )
    yield* waitUntil(`the step ${step} was not begun`, begun, 60_000)
    return { ...run, done }
  })

const told = ({ stderr }: { readonly stderr: NodeJS.ReadableStream | null }) => {
  const text: Array<string> = []
  stderr?.on("data", (chunk) => text.push(String(chunk)))
  return () => text.join("")
}

describe("doctor --prove", () => {
  const proofIn = (ran: Parameters<typeof jsonOf>[0]) =>
    (jsonOf(ran) as { readonly findings: ReadonlyArray<{ readonly what: string; readonly level: string }> }).findings
      .filter(({ what }) => what.startsWith("proof: "))
      .map(({ what, level }) => [what, level])

  it.live(
    "takes a snapshot and restores it, and stops at the first part that fails",
    deployed(({ hangAt, lastgood }) =>
      Effect.gen(function* () {
        const proven = yield* lastgood(["doctor", "web", "--prove", "--json", "-q"])
        assert.strictEqual(proven.code, 0, proven.stdout)
        assert.deepStrictEqual(proofIn(proven), [
          ["proof: snapshot", "ok"],
          ["proof: verify", "ok"],
          ["proof: restore", "ok"]
        ])
        const fault = { ...hangAt(""), LASTGOOD_FAULT: "forward/undeploy:after:error" }
        const failed = yield* lastgood(["doctor", "web", "--prove", "--json", "-q"], fault)
        assert.strictEqual(failed.code, 1, failed.stdout)
        assert.deepStrictEqual(proofIn(failed), [["proof: snapshot", "fail"]])
        const unnamed = yield* lastgood(["doctor", "--prove"])
        assert.strictEqual(unnamed.code, 64)
        assert.include(unnamed.stderr, "lastgood doctor <app> --prove")
      })
    )
  )
})

describe("a failed upgrade", () => {
  /** Verifies: LAW-9, LAW-10 */
  it.live(
    "exits with 3 and reports the attempt, the reason, the recovery and the paths",
    deployed(({ at, lastgood }) =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* lastgood(["upgrade", "web", "-q"])
        assert.strictEqual(code, 3)
        assert.strictEqual(stderr, "")
        assert.match(
          stdout,
          /^web: 1\.1\.0\+1\.0\.0 failed; rolled back and recovered: 1\.0\.0\+1\.0\.0 is running and healthy/
        )
        assert.match(stdout, /^ {2}why {8}.*ended at once/m)
        assert.include(stdout, `alert      ${at("root/web/alerts")}`)
        assert.match(stdout, /^ {2}set aside {2}.*kept until/m)
        assert.match(stdout, /^ {2}next {7}.*lastgood retry web/m)

        const again = yield* lastgood(["upgrade", "web", "--json", "-q"])
        assert.strictEqual(again.code, 5)
        assert.deepNestedInclude(jsonOf(again), { app: "web", outcome: "refused", running: first, lastGood: first })

        const once = yield* lastgood(["reconcile", "--once", "--json"])
        assert.strictEqual(once.code, 0)
        assert.deepNestedInclude(jsonOf(once), { "apps[0].app": "web", "apps[0].outcome": "refused" })
      })
    )
  )
})

describe("an operator's word", () => {
  it.live(
    "hold makes upgrades exit with 5 until release",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const held = yield* lastgood(["hold", "web", "--for", "24h", "--reason", "the fair"])
        assert.strictEqual(held.code, 0)
        assert.match(held.stdout, /^web: held until .*Z: the fair\n$/)
        const refused = yield* lastgood(["upgrade", "web"])
        assert.strictEqual(refused.code, 5)
        assert.match(refused.stdout, /the fair[\s\S]*next.*lastgood release web/)
        assert.strictEqual((yield* lastgood(["release", "web"])).stdout, "web: released\n")
        assert.match((yield* lastgood(["release", "web"])).stdout, /^web: nothing to do/)
      })
    )
  )

  it.live(
    "promote has its own flag --version, and exits with 1 if that version is not running",
    deployed(({ lastgood }) =>
      Effect.gen(function* () {
        const wrong = yield* lastgood(["promote", "web", "--version", "1.1.0+1.0.0", "--no-snapshot"])
        assert.strictEqual(wrong.code, 1)
        assert.match(wrong.stderr, /1\.0\.0\+1\.0\.0 is running, not 1\.1\.0\+1\.0\.0\nnext: /)
        const right = yield* lastgood(["promote", "web", "--version", first, "--no-snapshot"])
        assert.strictEqual(right.code, 0, right.stderr)
      })
    )
  )
})

describe("a read-only root", () => {
  it.live("is reported in one sentence with what to do, without a stack trace", () =>
    Effect.gen(function* () {
      const { at, lastgood, write } = yield* makeWorld()
      yield* write("file", "")
      const { code, stderr, stdout } = yield* lastgood(["deploy", "web", "--root", at("file", "root")])
      assert.strictEqual(code, 1)
      assert.strictEqual(stdout, "")
      assert.match(stderr, /^lastgood: .*file.*\nnext: .*--root.*\n$/)
    }).pipe(Effect.scoped)
  )
})

/** Verifies: LAW-7 */
describe("two at once", () => {
  it.live(
    "make the second exit with 75 and name the first, or wait for it",
    deployed((world) =>
      Effect.gen(function* () {
        const one = yield* hanging(world, "snapshot")
        const second = yield* world.lastgood(["snapshot", "web", "--json"])
        assert.strictEqual(second.code, 75)
        assert.deepNestedInclude(jsonOf(second), { "error.tag": "Locked" })
        assert.match(second.stderr, new RegExp(`another lastgood is working on web: .*pid ${one.pid}`))
        const waiting = world.start(["hold", "web"])
        yield* Effect.sleep("300 millis")
        one.signal("SIGKILL")
        assert.strictEqual((yield* waiting.done).code, 0)
      })
    )
  )

  it.live(
    "exit with 75 if another process keeps the log busy",
    deployed(({ at, lastgood }) =>
      Effect.gen(function* () {
        const db = yield* Effect.acquireRelease(
          Effect.sync(() => new DatabaseSync(at("root/events.db"))),
          (open) => Effect.sync(() => open.close())
        )
        db.exec("BEGIN IMMEDIATE")
        const { code, stderr } = yield* lastgood(["hold", "web"])
        assert.strictEqual(code, 75)
        assert.match(stderr, /another process has been writing to it[\s\S]*next: try again/)
      }).pipe(Effect.scoped)
    )
  )
})

describe("a signal", () => {
  it.live(
    "while the app is down reports once what lastgood waits for; a second one exits with 130 immediately",
    deployed((world) =>
      Effect.gen(function* () {
        const { done, isRunning, signal, stderr } = yield* hanging(world, "snapshot")
        const seen = told({ stderr })
        signal("SIGTERM")
        yield* waitUntil(
          "nothing was said on the first signal",
          Effect.sync(() => seen() !== "")
        )
        assert.strictEqual(seen(), "lastgood: finishing the step that keeps web down; press again to leave at once\n")
        assert.isTrue(isRunning())
        signal("SIGHUP")
        yield* Effect.sleep("300 millis")
        assert.isTrue(isRunning())
        signal("SIGINT")
        assert.strictEqual((yield* Fiber.join(done)).code, 130)
      })
    )
  )

  it.live(
    "while the app is up exits with 130 immediately, and the next command finishes the attempt",
    deployed((world) =>
      Effect.gen(function* () {
        const { done, signal } = yield* hanging(world, "health")
        signal("SIGINT")
        const ran = yield* Fiber.join(done)
        assert.strictEqual(ran.code, 130)
        assert.strictEqual(
          ran.stderr,
          "lastgood: interrupted; the next command that acts on web finishes the attempt\n"
        )
        const next = yield* world.lastgood(["hold", "web"])
        assert.strictEqual(next.code, 0)
        assert.match(next.stdout, /^lastgood first finished an interrupted attempt\nweb: held/)
      })
    )
  )

  it.live(
    "ends log --follow, which printed each event once",
    deployed((world) =>
      Effect.gen(function* () {
        const { done, signal } = world.start(["log", "--follow", "--limit", "0", "--json"])
        const following = yield* Effect.forkChild(done)
        yield* Effect.sleep("1500 millis")
        yield* world.lastgood(["hold", "web"])
        yield* Effect.sleep("1 second")
        signal("SIGINT")
        const { code, stdout } = yield* Fiber.join(following)
        assert.strictEqual(code, 130)
        assert.deepStrictEqual(
          stdout
            .trimEnd()
            .split("\n")
            .map((line) => (JSON.parse(line) as { type: string }).type),
          ["AppHeld"]
        )
      })
    )
  )
})
