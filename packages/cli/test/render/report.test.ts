import { assert, describe, it } from "@effect/vitest"
import type { App } from "@lastgood/core/domain/App"
import { type AppState, initialState } from "@lastgood/core/domain/State"
import type { Report } from "@lastgood/core/engine/Request"
import { reportText } from "../../src/render/report.ts"

const app: App = {
  name: "web",
  recipe: "/recipes/web",
  recipeName: "web",
  runtime: "local",
  domain: "web",
  stack: "web",
  envFile: null,
  volumes: ["data"],
  policy: "minor",
  minimumAgeMs: 0,
  schedule: null,
  intervalMs: 1,
  gate: { deadlineMs: 1, stableForMs: 1, intervalMs: 1, checks: [] },
  snapshot: { keep: 3, filters: {}, asideMs: 1 },
  deadlines: { prefetchMs: 1, undeployMs: 1, deployMs: 1 },
  dir: "/root/web"
}

const attempt = "01a20a98-ff8c"
const old = { version: "1.0.0", commit: "a" }
const newer = { version: "1.1.0", commit: "b" }
const upgrade = { _tag: "Upgrade", to: null, trigger: "operator", fetch: true } as const

const report = (over: Partial<Report>): Report => ({
  app: "web",
  outcome: "recovered",
  why: "it answered 500",
  next: "",
  attempt,
  resumed: false,
  running: "1.0.0",
  lastGood: "1.0.0",
  ...over
})

const state = (recovered: boolean): AppState => ({
  ...initialState,
  alerts: [
    {
      id: `${attempt}-end`,
      at: "2026-11-23T22:48:54.000Z",
      outcome: "x",
      attempted: newer,
      lastGood: old,
      recovered,
      why: "it answered 500",
      next: "look at the logs, then lastgood rollback <app>",
      deliveredTo: []
    }
  ],
  aside: [
    {
      attempt,
      at: "2026-11-23T22:48:54.000Z",
      until: "2026-11-30T22:48:54.000Z",
      volumes: [{ name: "data", path: "/aside/data" }]
    }
  ]
})

/** Verifies: LAW-9, LAW-10 */
describe("the words for a failed upgrade", () => {
  it("say recovered, and where the alert and the replaced data are", () => {
    assert.strictEqual(
      reportText(app, upgrade, report({}), state(true)),
      [
        "web: 1.1.0 failed; rolled back and recovered: 1.0.0 runs, healthy, version and data as before",
        "  why        it answered 500",
        "  last good  1.0.0",
        "  set aside  /aside/data (kept until 2026-11-30 22:48:54Z)",
        "  alert      /root/web/alerts",
        "  next       look at the logs, then lastgood rollback web"
      ].join("\n")
    )
  })

  it("say NOT healthy when the version that was brought back is not", () => {
    const text = reportText(app, upgrade, report({ outcome: "unhealthy" }), state(false))
    assert.match(text, /^web: 1\.1\.0 failed, and the app is NOT healthy; 1\.0\.0 runs\n/)
    assert.notInclude(text, "recovered")
  })

  it("say DOWN when it was left down", () => {
    const text = reportText(app, upgrade, report({ outcome: "left-down", running: null }), state(false))
    assert.match(text, /^web: 1\.1\.0 failed, and the app was left DOWN on purpose\n/)
  })

  it("say that the app was not touched only where that is so", () => {
    assert.match(reportText(app, upgrade, report({ outcome: "failed" }), state(true)), /not touched/)
    assert.notMatch(reportText(app, upgrade, report({ outcome: "failed" }), state(false)), /not touched/)
  })
})

it("what an earlier lastgood had begun is told before the rest", () => {
  const text = reportText(app, upgrade, report({ outcome: "nothing", resumed: true, why: "newest" }), initialState)
  assert.strictEqual(text, "an attempt that had been begun was finished first\nweb: nothing to do: newest")
})
