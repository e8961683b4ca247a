import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { defaultSettings } from "../../src/config/defaults.ts"
import type { App, EffectiveApp } from "../../src/domain/App.ts"
import type { Inside } from "../../src/domain/Extension.ts"
import { callInTime, textReturned } from "../../src/plugin/callInside.ts"
import { Heartbeat } from "../../src/process/Heartbeat.ts"
import { InheritedFds } from "../../src/process/Tool.ts"
import { type Runtime, RuntimeFailed } from "../../src/runtime/Runtime.ts"
import { appAt } from "../claim/app.ts"

const app: EffectiveApp = {
  ...appAt("/nowhere"),
  ...defaultSettings,
  stage: "effective",
  extension: { plugin: "./p.ts", gates: [], hooks: [], secrets: ["correct-horse-battery"] }
}

/** What a runtime of which only `exec` is asked answers. */
const runtime = { exec: (_app: App, command: string) => answer(command) } as unknown as Runtime
/** How many endless commands run. */
let running = 0
const endless = Effect.acquireUseRelease(
  Effect.sync(() => running++),
  () => Effect.never,
  () =>
    Effect.andThen(
      Effect.sleep(100),
      Effect.sync(() => running--)
    )
)
const answer: (command: string) => ReturnType<Runtime["exec"]> = (command) =>
  command === "endless"
    ? endless
    : command === "told"
      ? Effect.gen(function* () {
          yield* Effect.sync((yield* Heartbeat).beat)
          return { code: 0, output: `fds ${(yield* InheritedFds).join()}` }
        })
      : command === "fails"
        ? Effect.fail(new RuntimeFailed({ app: "a", operation: "exec", reason: "no container runs", next: "" }))
        : Effect.succeed({ code: 0, output: `said ${command}` })

const called = (call: (inside: Inside) => unknown, limitMs = 5000) =>
  Effect.map(Effect.result(callInTime(app, runtime, limitMs, call)), (ran) =>
    Result.isSuccess(ran) ? ran.success : `failed: ${ran.failure}`
  )

describe("callInTime", () => {
  it.live("runs the code's commands in the app's runtime and returns the result", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* called(async ({ exec }) => (await exec("hello")).output), "said hello")
      assert.match(String(yield* called(({ exec }) => exec("fails"))), /^failed: exec of a failed: no container runs/)
      assert.strictEqual(yield* called(() => 42), 42)
    })
  )

  /** Verifies: LAW-7 */
  it.live("starts the code's programs with the claim and the heartbeat of the step", () =>
    Effect.gen(function* () {
      let beats = 0
      const heard = { beat: () => beats++, everyMs: null }
      const told = called(async ({ exec }) => (await exec("told")).output).pipe(
        Effect.provideService(InheritedFds, [7, 8]),
        Effect.provideService(Heartbeat, heard)
      )
      assert.strictEqual(yield* told, "fds 7,8")
      assert.strictEqual(beats, 1)
    })
  )

  /** Verifies: LAW-7 */
  it.live("ends the code's programs with the call, also those that nobody awaits", () =>
    Effect.gen(function* () {
      const late = ({ exec }: Inside) => exec("endless")
      assert.strictEqual(yield* called(late, 50), "failed: no answer within 0.1 s")
      assert.strictEqual(running, 0)
      const left = ({ exec }: Inside) => {
        exec("endless").catch(() => undefined)
        return new Promise((resolve) => setTimeout(() => resolve(`${running} runs`), 50))
      }
      assert.strictEqual(yield* called(left), "1 runs")
      assert.strictEqual(running, 0)
    })
  )

  it.live("stops waiting at the deadline, and aborts the signal", () =>
    Effect.gen(function* () {
      let aborted = false
      const hangs = ({ signal }: Inside) => {
        signal.addEventListener("abort", () => {
          aborted = true
        })
        return new Promise(() => {})
      }
      assert.strictEqual(yield* called(hangs, 50), "failed: no answer within 0.1 s")
      assert.isTrue(aborted)
      assert.match(String(yield* Effect.uninterruptible(called(hangs, 50))), /no answer/)
    })
  )

  /** Verifies: LAW-12 */
  it.live("redacts secrets of the settings in thrown and returned texts, and keeps one line", () =>
    Effect.gen(function* () {
      const throws = () => {
        throw new Error("cannot log in with correct-horse-battery\nand more")
      }
      assert.strictEqual(yield* called(throws), "failed: cannot log in with ***")
      assert.strictEqual(textReturned(app, "used correct-horse-battery"), "used ***")
      assert.strictEqual(textReturned(app, { not: "a text" }), "")
      const odd = () => Promise.reject(Object.create(null))
      assert.strictEqual(yield* called(odd), "failed: a value that cannot be converted to text")
    })
  )
})
