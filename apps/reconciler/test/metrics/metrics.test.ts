import { assert, describe, it } from "@effect/vitest"
import type { Event } from "@lastgood/core/domain/Event"
import { make } from "@lastgood/core/domain/Event"
import { iso } from "@lastgood/core/domain/time"
import { exposition, type Family } from "../../src/metrics/exposition.ts"
import { ofApps } from "../../src/metrics/ofApps.ts"
import { attemptKey, noTally, tallied } from "../../src/metrics/Tally.ts"

const v1 = { version: "1.0.0", commit: "a".repeat(40) }
const v2 = { version: "1.1.0", commit: "b".repeat(40) }

/** Folds events, each with its second. */
const tallyOf = (...events: ReadonlyArray<readonly [number, Event]>) =>
  events.reduce(
    (tally, [second, event], i) => tallied(tally, { version: i + 1, at: iso(second * 1000), attempt: "one", event }),
    noTally("demo")
  )

const committed: ReadonlyArray<readonly [number, Event]> = [
  [0, make("UpgradeCommitted", { ...v1, previous: null })],
  [1, make("Deployed", { ...v1, services: [], tookMs: 1 })],
  [
    10,
    make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s", plan: ["undeploy", "deploy"] })
  ],
  [11, make("StepStarted", { step: "undeploy", try: 1 })],
  [12, make("SnapshotTaken", { snapshot: "s", ...v1, volumes: [], bytes: 42, quietMs: 600 })],
  [26, make("HealthPassed", { version: "1.1.0", tookMs: 1, checks: [] })],
  [27, make("AttemptEnded", { outcome: "committed", why: "" })]
]

describe("the tally of an app", () => {
  it("measures from the stop to the next passed health gate", () => {
    const tally = tallyOf(...committed)
    assert.deepStrictEqual([tally.lastDowntime, tally.downtime.sum, tally.downSince], [15, 15, null])
    assert.deepStrictEqual(tally.downtime.counts, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    assert.strictEqual(tally.attempts.get(attemptKey("upgrade", "committed")), 1)
    assert.strictEqual(tally.quiet.snapshot.sum, 0.6)
  })

  it("counts an app that its attempt left down as down", () => {
    const tally = tallyOf(...committed.slice(0, 4), [30, make("AttemptEnded", { outcome: "left-down", why: "" })])
    assert.deepStrictEqual([tally.downSince, tally.downtime.sum], [11_000, 0])
  })
})

const reading = (tally = noTally("demo")) => ({ position: 0, of: () => tally, isReadable: () => true })
const names = (families: ReadonlyArray<Family>) => exposition(families).match(/^lastgood[^ ]* /gm) ?? []

describe("the metrics of apps", () => {
  it("have every series from the start", () => {
    const before = names(ofApps(reading(), ["demo"], 0)).filter((one) => !one.startsWith("lastgood_app_info"))
    const after = names(ofApps(reading(tallyOf(...committed)), ["demo"], 0))
    assert.deepStrictEqual(
      after.filter((one) => !one.startsWith("lastgood_app_info")),
      before
    )
    assert.isAbove(before.length, 100)
    assert.strictEqual(new Set(after).size, after.length)
  })

  it("say one phase at a time", () => {
    const text = exposition(ofApps(reading(tallyOf(...committed)), ["demo"], 0))
    assert.deepStrictEqual(text.match(/^lastgood_app_phase\{.*\} 1$/gm), [
      'lastgood_app_phase{app="demo",phase="running"} 1'
    ])
  })
})

describe("the text format", () => {
  it("escapes, and adds up the buckets of a histogram", () => {
    const labels = { app: 'a"b\\c\nd' }
    assert.strictEqual(
      exposition([
        { name: "a", help: "one\ntwo \\", type: "gauge", samples: [{ labels, value: 1 }] },
        {
          name: "b",
          help: "",
          type: "histogram",
          distributions: [{ labels: {}, bounds: [1, 2], counts: [1, 2, 3], sum: 9 }]
        }
      ]),
      `# HELP a one\\ntwo \\\\
# TYPE a gauge
a{app="a\\"b\\\\c\\nd"} 1
# HELP b${" "}
# TYPE b histogram
b_bucket{le="1"} 1
b_bucket{le="2"} 3
b_bucket{le="+Inf"} 6
b_sum 9
b_count 6
`
    )
  })
})
