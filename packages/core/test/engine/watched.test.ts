import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StepHung } from "../../src/engine/StepError.ts"
import { watched } from "../../src/engine/watched.ts"
import { run } from "../../src/process/Tool.ts"
import { makeApp } from "../snapshot/fixture.ts"

const appWith = (stallMs: number, undeployMs = 0) => ({
  ...makeApp("/nowhere"),
  deadlines: { prefetchMs: 0, undeployMs, deployMs: 0, stallMs }
})

const timed = <A, E>(work: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const result = yield* Effect.result(work)
    return { result, tookMs: (yield* Clock.currentTimeMillis) - start }
  })

const assertHung = (result: { readonly _tag: string; readonly failure?: unknown }) => {
  assert.strictEqual(result._tag, "Failure")
  assert.instanceOf(result.failure, StepHung)
}

describe("a step that is watched", () => {
  it.live("fails if it makes no progress for the stall time", () =>
    Effect.gen(function* () {
      const { result, tookMs } = yield* timed(Effect.never.pipe(watched(appWith(200), "snapshot")))
      assertHung(result)
      assert.isBelow(tookMs, 5000)
    })
  )

  it.live("fails even if it must not be interrupted from outside", () =>
    Effect.gen(function* () {
      const { result } = yield* timed(Effect.never.pipe(watched(appWith(200), "restore"), Effect.uninterruptible))
      assertHung(result)
    })
  )

  it.live("continues beyond the stall time while one of its programs works", () =>
    Effect.gen(function* () {
      const busy = run("sh", ["-c", "end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do :; done; echo done"])
      const { result, tookMs } = yield* timed(busy.pipe(watched(appWith(1000), "snapshot")))
      assert.strictEqual(result._tag, "Success")
      assert.isAbove(tookMs, 1900)
    })
  )

  it.live("ends the hanging program and everything that it started before it fails", () =>
    Effect.gen(function* () {
      const mark = `34567.${process.pid}`
      const hanging = run("sh", ["-c", `sleep ${mark} & trap '' TERM; wait; sleep ${mark}`])
      const { result } = yield* timed(hanging.pipe(watched(appWith(600), "snapshot")))
      assertHung(result)
      const left = yield* run("pgrep", ["-f", `sleep ${mark.replace(".", "\\.")}`], { codes: [0, 1] })
      assert.strictEqual(left.stdout, "")
    })
  )

  it.live("does not count as stalled before its own deadline", () =>
    Effect.gen(function* () {
      const { result } = yield* timed(Effect.sleep(900).pipe(watched(appWith(100, 3000), "undeploy")))
      assert.strictEqual(result._tag, "Success")
    })
  )
})
