import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { type Probe, runGate, runOnce } from "../../src/health/gateLoop.ts"
import type { CheckResult } from "../../src/health/HealthGate.ts"

const ok: CheckResult = { ok: true, dead: false, seen: "200 OK" }
const bad: CheckResult = { ok: false, dead: false, seen: "503 Service Unavailable" }
const dead: CheckResult = { ok: false, dead: true, seen: "exited with 1" }

/** A probe that sees what the script says, look by look; the last entry stays. `takesMs`: how long each look takes. */
const scripted = (name: string, script: ReadonlyArray<CheckResult>, takesMs = 0) => {
  const times: Array<number> = []
  const probe: Probe = {
    name,
    timeoutMs: 5000,
    run: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const seen = script[Math.min(times.push(now), script.length) - 1] ?? bad
      yield* Effect.sleep(takesMs)
      return seen
    })
  }
  return { probe, times }
}

const gate = { deadlineMs: 60_000, stableForMs: 5000, intervalMs: 1000 }

/** Runs the gate with the clock moved on second by second, to its end. */
const judge = (settings: typeof gate, ...probes: ReadonlyArray<Probe>) => toItsEnd(runGate(settings, probes))

const toItsEnd = Effect.fnUntraced(function* <A>(gateRun: Effect.Effect<A>) {
  const fiber = yield* Effect.forkChild(gateRun)
  yield* TestClock.adjust("10 minutes")
  return yield* Fiber.join(fiber)
})

const at = (ms: number) => `1970-01-01T00:00:${String(ms / 1000).padStart(2, "0")}.000Z`

describe("HealthGate.hold", () => {
  it.effect("ends early if waiting cannot help, which it asks while a check fails and once before it passes", () =>
    Effect.gen(function* () {
      let asked = 0
      const standing = Effect.sync(() => ({ lost: ++asked < 3 ? null : "web ended", unsettled: null }))
      const failing = yield* toItsEnd(runGate(gate, [scripted("api", [bad]).probe], standing))
      assert.deepInclude(failing, { passed: false, tookMs: 2000 })
      assert.match(failing.reason, /^web ended; api: /)
      asked = 0
      const passing = yield* toItsEnd(runGate(gate, [scripted("api", [ok]).probe], standing))
      assert.deepStrictEqual([passing.passed, asked], [true, 1])
      const lost = yield* toItsEnd(
        runGate(gate, [scripted("api", [ok]).probe], Effect.succeed({ lost: "web was started again", unsettled: null }))
      )
      assert.deepInclude(lost, { passed: false, reason: "web was started again", tookMs: 5000 })
    })
  )

  /** Verifies: LAW-9 */
  it.effect("does not pass while the runtime says that the app is not settled, and names the reason", () =>
    Effect.gen(function* () {
      let asked = 0
      const restarting = (times: number) =>
        Effect.sync(() => ({ lost: null, unsettled: ++asked > times ? null : "web was restarted 2 times" }))
      const settling = yield* toItsEnd(runGate(gate, [scripted("api", [ok]).probe], restarting(3)))
      assert.deepInclude(settling, { passed: true, tookMs: 8000 })
      const never = yield* toItsEnd(runGate(gate, [scripted("api", [ok]).probe], restarting(Number.POSITIVE_INFINITY)))
      assert.deepInclude(never, { passed: false, tookMs: 60_000 })
      assert.match(never.reason, /^health gate failed after 60 s: web was restarted 2 times; api: passed/)
    })
  )

  it.effect("passes at the end of the stable time if the check passed throughout", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("api", [bad, bad, ok])
      const verdict = yield* judge(gate, probe)
      assert.deepStrictEqual(times, [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000])
      assert.deepStrictEqual(verdict, {
        passed: true,
        reason: "api: passed for 5 s",
        tookMs: 7000,
        checks: [
          {
            name: "api",
            passed: true,
            attempts: 8,
            failures: 2,
            lastSeen: "200 OK",
            lastFailure: "503 Service Unavailable",
            firstPassAt: at(2000),
            lastFailureAt: at(1000)
          }
        ]
      })
    })
  )

  it.effect("restarts the stable time after a failed check", () =>
    Effect.gen(function* () {
      const { probe } = scripted("api", [ok, ok, ok, ok, bad, ok])
      const verdict = yield* judge(gate, probe)
      assert.strictEqual(verdict.tookMs, 10_000)
      const [check] = verdict.checks
      assert.deepStrictEqual([check?.firstPassAt, check?.lastFailureAt, check?.failures], [at(0), at(4000), 1])
    })
  )

  it.effect("passes only if all checks have passed together for the stable time", () =>
    Effect.gen(function* () {
      const early = scripted("early", [ok])
      const late = scripted("late", [bad, bad, bad, ok])
      const flapping = scripted("flapping", [ok, ok, ok, ok, ok, bad, ok])
      const verdict = yield* judge(gate, early.probe, late.probe, flapping.probe)
      assert.isTrue(verdict.passed)
      assert.strictEqual(verdict.tookMs, 11_000)
    })
  )

  it.effect("passes after one passed check without a stable time", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("api", [ok])
      const verdict = yield* judge({ ...gate, stableForMs: 0 }, probe)
      assert.deepStrictEqual([verdict.passed, verdict.tookMs, times.length], [true, 0, 1])
    })
  )

  it.effect("runs a last check if the stable time ends between two intervals", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("api", [ok])
      const verdict = yield* judge({ ...gate, intervalMs: 2000 }, probe)
      assert.deepStrictEqual(times, [0, 2000, 4000, 5000])
      assert.strictEqual(verdict.tookMs, 5000)
    })
  )

  it.effect("fails at the deadline, and says what was seen and how often", () =>
    Effect.gen(function* () {
      const good = scripted("web", [ok])
      const sick = scripted("api", [bad])
      const verdict = yield* judge({ ...gate, deadlineMs: 10_000 }, good.probe, sick.probe)
      assert.isFalse(verdict.passed)
      assert.strictEqual(verdict.tookMs, 10_000)
      assert.strictEqual(
        verdict.reason,
        "health gate failed after 10 s: api: 503 Service Unavailable (10 of 10 checks failed)"
      )
      assert.deepStrictEqual(
        verdict.checks.map((c) => [c.name, c.passed, c.attempts, c.failures, c.firstPassAt]),
        [
          ["web", true, 10, 0, at(0)],
          ["api", false, 10, 10, null]
        ]
      )
    })
  )

  it.effect("fails at the deadline if a check has not passed for long enough", () =>
    Effect.gen(function* () {
      const { probe } = scripted("api", [bad, bad, bad, bad, bad, bad, bad, bad, ok])
      const verdict = yield* judge({ ...gate, deadlineMs: 10_000 }, probe)
      assert.isFalse(verdict.passed)
      const late = "health gate failed after 10 s: api: passed, but not for 5 s before the deadline"
      assert.strictEqual(verdict.reason, `${late}; last failure: 503 Service Unavailable`)
    })
  )

  it.effect("gives the reason if the deadline ends just before the check that would have passed the gate", () =>
    Effect.gen(function* () {
      const { probe } = scripted("api", [bad, bad, bad, bad, bad, ok])
      const verdict = yield* judge({ ...gate, deadlineMs: 10_000 }, probe)
      assert.isFalse(verdict.passed)
      assert.include(verdict.reason, "api: passed, but not for 5 s before the deadline")
    })
  )

  it.effect("fails immediately if waiting longer cannot help", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("web", [bad, dead])
      const verdict = yield* judge(gate, probe)
      assert.deepStrictEqual([verdict.passed, verdict.tookMs, times.length], [false, 1000, 2])
      assert.strictEqual(verdict.reason, "web: exited with 1; waiting longer would not help")
    })
  )

  it.effect("treats a check that times out as failed, and continues", () =>
    Effect.gen(function* () {
      const slow = scripted("slow", [ok], 20_000)
      const verdict = yield* judge({ ...gate, deadlineMs: 12_000 }, slow.probe)
      // Looks of 5 s, 5 s, and the 2 s that are left: too short a look to be evidence beside the others.
      assert.deepStrictEqual(slow.times, [0, 5050, 10_100])
      const { attempts, lastSeen } = verdict.checks[0] ?? {}
      assert.deepStrictEqual([verdict.tookMs, attempts, lastSeen], [12_000, 2, "no answer within 5 s"])
    })
  )

  it.effect("counts the only check, even if the deadline interrupted it", () =>
    Effect.gen(function* () {
      const slow = scripted("slow", [ok], 20_000)
      const verdict = yield* judge({ ...gate, deadlineMs: 3000, stableForMs: 0 }, slow.probe)
      assert.deepStrictEqual([verdict.passed, verdict.checks[0]?.lastSeen], [false, "no answer within 3 s"])
    })
  )

  it.effect("keeps the interval however long a check takes", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("api", [bad, bad, ok], 400)
      const verdict = yield* judge(gate, probe)
      assert.deepStrictEqual(times.slice(0, 4), [0, 1000, 2000, 3000])
      // The stable time runs from the end of the first good look to the end of the last.
      assert.isAtLeast(verdict.tookMs, 2400 + 5000)
    })
  )

  it.effect("is not affected by a change of the wall clock", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      /** The test's clock, with a wall clock that jumps by an hour after 3 s. */
      const jumping: Clock.Clock = {
        sleep: (duration) => clock.sleep(duration),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        currentTimeMillisUnsafe: () => {
          const now = clock.currentTimeMillisUnsafe()
          return now >= 3000 ? now + 3_600_000 : now
        },
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => (now >= 3000 ? now + 3_600_000 : now))
      }
      const { probe } = scripted("api", [bad, bad, ok])
      const verdict = yield* toItsEnd(Effect.provideService(runGate(gate, [probe]), Clock.Clock, jumping))
      assert.deepStrictEqual([verdict.passed, verdict.tookMs], [true, 7000])
    })
  )

  it.effect("does not run checks in a tight loop without an interval", () =>
    Effect.gen(function* () {
      const { probe, times } = scripted("api", [bad])
      yield* judge({ deadlineMs: 1000, stableForMs: 0, intervalMs: 0 }, probe)
      assert.strictEqual(times.length, 20)
    })
  )
})

describe("runOnce", () => {
  it.effect("treats a check that throws as failed", () =>
    Effect.gen(function* () {
      const broken: Probe = { name: "plugin", timeoutMs: 1000, run: Effect.die(new Error("no such property")) }
      const result = yield* runOnce(broken, 1000)
      assert.deepStrictEqual([result.ok, result.dead], [false, false])
      assert.include(result.seen, "no such property")
    })
  )
})
