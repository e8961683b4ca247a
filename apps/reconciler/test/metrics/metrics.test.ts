import { assert, describe, it } from "@effect/vitest"
import type { Event } from "@lastgood/core/domain/Event"
import { make } from "@lastgood/core/domain/Event"
import { iso } from "@lastgood/core/domain/time"
import { exposition, type Family } from "../../src/metrics/exposition.ts"
import { ofApps } from "../../src/metrics/ofApps.ts"
import { attemptKey, downSinceOf, stepKey } from "../../src/reading/Counts.ts"
import { noPast, pastAfter } from "../../src/reading/Past.ts"

const v1 = { version: "1.0.0", commit: "a".repeat(40) }
const v2 = { version: "1.1.0", commit: "b".repeat(40) }

type Told = readonly [second: number, event: Event, attempt?: string]

/** Folds events, each with its second. */
const pastOf = (...events: ReadonlyArray<Told>) =>
  events.reduce(
    (past, [second, event, attempt = "one"], i) =>
      pastAfter(past, { version: i + 1, at: iso(second * 1000), attempt, event }),
    noPast("demo")
  )

const begins = (from: number): ReadonlyArray<Told> => [
  [0, make("UpgradeCommitted", { ...v1, previous: null })],
  [1, make("Deployed", { ...v1, services: [], tookMs: 1 })],
  [
    from,
    make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s", plan: ["undeploy", "deploy"] })
  ],
  [from + 1, make("StepStarted", { step: "undeploy", try: 1 })]
]
const passed = make("HealthPassed", { version: "1.1.0", tookMs: 1, checks: [] })

const committed: ReadonlyArray<Told> = [
  ...begins(10),
  [12, make("SnapshotTaken", { snapshot: "s", ...v1, volumes: [], bytes: 42, quietMs: 600 })],
  [26, passed],
  [27, make("AttemptEnded", { outcome: "committed", why: "" })]
]

const leftDown: ReadonlyArray<Told> = [
  ...begins(10),
  [12, make("Undeployed", { removed: [], quietAfterMs: 1 })],
  [30, make("AttemptEnded", { outcome: "left-down", why: "" })]
]

describe("the counts of an app", () => {
  it("have the downtime of an attempt once, when it has ended", () => {
    const { counts, state } = pastOf(...committed)
    assert.deepStrictEqual([counts.lastDowntime, counts.downtime.sum, downSinceOf(counts, state)], [15, 15, null])
    assert.deepStrictEqual(counts.downtime.counts, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    assert.strictEqual(counts.attempts.get(attemptKey("upgrade", "committed")), 1)
    assert.strictEqual(counts.quiet.snapshot.sum, 0.6)
    // As the pages show it.
    assert.strictEqual(state.downtimes.at(-1)?.ms, 15_000)
  })

  it("show an app as down that is down during an attempt, or that one left down", () => {
    for (const events of [begins(10), leftDown]) {
      const { counts, state } = pastOf(...events)
      assert.deepStrictEqual([downSinceOf(counts, state), counts.downtime.sum], [11_000, 0])
    }
  })

  it("add the time until another attempt brings the app up", () => {
    const { counts, state } = pastOf(
      ...leftDown,
      [100, make("DeployAttempted", { from: null, to: v1, snapshot: "", plan: ["deploy", "health"] }), "two"],
      [111, passed, "two"],
      [112, make("AttemptEnded", { outcome: "done", why: "" }), "two"]
    )
    assert.deepStrictEqual([counts.lastDowntime, counts.downtime.sum, downSinceOf(counts, state)], [100, 100, null])
  })

  it("measure each step once, by its result", () => {
    const { steps } = pastOf(
      ...begins(10),
      // Killed, and begun again.
      [20, make("StepStarted", { step: "undeploy", try: 2 })],
      [22, make("Undeployed", { removed: [], quietAfterMs: 1 })],
      [23, make("StepStarted", { step: "deploy", try: 1 })],
      [31, make("DeployFailed", { ...v2, reason: "no", next: "" })]
    ).counts
    assert.deepStrictEqual(
      [...steps].map(([key, { sum }]) => [key, sum]),
      [
        [stepKey("undeploy", true), 2],
        [stepKey("deploy", false), 8]
      ]
    )
  })
})

const reading = (past = noPast("demo")) => ({ position: 0, all: () => [past], of: () => past, isReadable: () => true })
const names = (families: ReadonlyArray<Family>) => exposition(families).match(/^lastgood[^ ]* /gm) ?? []

describe("the metrics of apps", () => {
  it("have every series from the start", () => {
    const before = names(ofApps(reading(), ["demo"], 0)).filter((one) => !one.startsWith("lastgood_app_info"))
    const after = names(ofApps(reading(pastOf(...committed)), ["demo"], 0))
    assert.deepStrictEqual(
      after.filter((one) => !one.startsWith("lastgood_app_info")),
      before
    )
    assert.isAbove(before.length, 100)
    assert.strictEqual(new Set(after).size, after.length)
  })

  it("say one phase at a time", () => {
    const text = exposition(ofApps(reading(pastOf(...committed)), ["demo"], 0))
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
