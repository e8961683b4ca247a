import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { recordedOf } from "@lastgood/core/engine/Journal"
import { Envelope } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { historyAfter, mostAttempts, noHistory } from "../../src/reading/History.ts"

const decode = Schema.decodeUnknownEffect(Envelope)

/** The events of a recorded history. */
const eventsOf = (name: string) =>
  Effect.forEach(
    readFileSync(join(import.meta.dirname, `../../../../test/histories/${name}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line.includes('"stream"'))
      .map((line) => JSON.parse(line)),
    (line) => Effect.flatMap(decode(line), recordedOf)
  )

const historyOf = (name: string) =>
  Effect.map(eventsOf(name), (events) => events.reduce(historyAfter, noHistory("demo")))

describe("the history of an app", () => {
  it.effect("has each attempt with its versions, outcome and steps", () =>
    Effect.gen(function* () {
      const { attempts } = yield* historyOf("upgrade")
      const upgrade = attempts.findLast(({ kind }) => kind === "upgrade")
      assert.strictEqual(upgrade?.outcome, "committed")
      assert.deepStrictEqual(upgrade?.steps.map(({ step }) => step).slice(0, 5), [
        "prefetch",
        "undeploy",
        "snapshot",
        "deploy",
        "health"
      ])
      for (const { at, isBack, ok, until } of upgrade?.steps ?? []) {
        assert.deepStrictEqual([isBack, ok, until !== null && until >= at], [false, true, true])
      }
    })
  )

  it.effect("marks the steps of a rollback, and the step that failed", () =>
    Effect.gen(function* () {
      const { attempts } = yield* historyOf("recovered")
      const failed = attempts.findLast(({ outcome }) => outcome === "recovered")
      const steps = failed?.steps ?? []
      assert.isTrue(steps.some(({ isBack, ok }) => !isBack && !ok))
      assert.isTrue(steps.some(({ isBack, step }) => isBack && step === "restore"))
      assert.isFalse(steps.some(({ isBack }, index) => !isBack && steps[index - 1]?.isBack === true))
    })
  )

  it.effect("keeps the newest attempts, and counts all", () =>
    Effect.gen(function* () {
      const events = yield* eventsOf("snapshot")
      const many = Array.from({ length: mostAttempts + 5 }, (_, i) =>
        events.map((one) => (one.attempt === null ? one : { ...one, attempt: `${one.attempt}-${i}` }))
      ).flat()
      const each = events.reduce(historyAfter, noHistory("demo")).begun
      const { attempts, begun } = many.reduce(historyAfter, noHistory("demo"))
      assert.lengthOf(attempts, mostAttempts)
      assert.strictEqual(begun, each * (mostAttempts + 5))
      assert.include(attempts.at(-1)?.id, `-${mostAttempts + 4}`)
    })
  )

  it.effect("has downtimes, snapshot sizes and health over time", () =>
    Effect.gen(function* () {
      const { series, state } = yield* historyOf("recovered")
      assert.deepStrictEqual(
        series.sizes.map(({ bytes }) => bytes > 0),
        state.snapshots.map(() => true)
      )
      assert.isNotEmpty(series.downtimes)
      assert.strictEqual(series.downtimes.at(-1)?.isGood, false)
      assert.isTrue(series.downtimes.every(({ ms }) => ms > 0))
      const health = series.health.map(({ isWell }) => isWell)
      assert.strictEqual(health[0], true)
      // Only changes.
      assert.isTrue(health.every((one, index) => one !== health[index - 1]))
    })
  )
})
