import { assert, describe, it } from "@effect/vitest"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import type { Report } from "@lastgood/core/engine/Request"
import { testApp } from "@lastgood/testing/testApp"
import * as HashMap from "effect/HashMap"
import { time } from "../../src/render/format.ts"
import { reportText } from "../../src/render/report.ts"

const app = testApp({
  name: "web",
  recipe: "/recipes/web",
  versions: { kind: "tags" },
  recipeName: "web",
  domain: "web",
  stack: "web",
  dir: "/root/web"
})

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
  releaseNotes: [],
  ...over
})

const tried = { ...newer, interrupted: false, command: null }
const asked = { _tag: "Try", ref: "feature", fetch: true, command: null } as const

const state = (recovered: boolean): AppState => ({
  ...initialStateOf("web"),
  alerts: HashMap.make([
    `${attempt}-end`,
    {
      id: `${attempt}-end`,
      at: "2026-11-23T22:48:54.000Z",
      order: 1,
      subject: "attempt",
      outcome: "x",
      attempted: newer,
      lastGood: old,
      recovered,
      why: "it answered 500",
      next: "look at the logs, then lastgood rollback <app>",
      deliveredTo: [],
      owedTo: [],
      unsentTo: [],
      endOwedTo: [],
      resolved: null,
      acknowledged: null
    }
  ]),
  aside: [
    {
      attempt,
      at: "2026-11-23T22:48:54.000Z",
      until: "2026-11-30T22:48:54.000Z",
      tried: false,
      volumes: [{ name: "data", path: "/aside/data" }]
    }
  ]
})

/** Verifies: LAW-9, LAW-10 */
describe("the report of a failed upgrade", () => {
  it("says recovered, and where the alert and the set-aside data are", () => {
    assert.strictEqual(
      reportText(app, upgrade, report({}), state(true)),
      [
        "web: 1.1.0 failed; rolled back and recovered: 1.0.0 is running and healthy, version and data as before",
        "  why        it answered 500",
        "  last good  1.0.0",
        "  set aside  /aside/data (kept until 2026-11-30 22:48:54Z)",
        "  alert      /root/web/alerts",
        "  next       look at the logs, then lastgood rollback web"
      ].join("\n")
    )
  })

  it("says NOT healthy when the restored version is not healthy", () => {
    const text = reportText(app, upgrade, report({ outcome: "unhealthy" }), state(false))
    assert.match(text, /^web: 1\.1\.0 failed, and the app is NOT healthy; 1\.0\.0 is running\n/)
    assert.notInclude(text, "recovered")
  })

  it("says DOWN when the app was left down", () => {
    const text = reportText(app, upgrade, report({ outcome: "left-down", running: null }), state(false))
    assert.match(text, /^web: 1\.1\.0 failed, and the app was left DOWN on purpose\n/)
  })

  it("says that the app was not touched only if that is true", () => {
    assert.match(reportText(app, upgrade, report({ outcome: "failed" }), state(true)), /not touched/)
    assert.notMatch(reportText(app, upgrade, report({ outcome: "failed" }), state(false)), /not touched/)
  })
})

describe("the report of a try", () => {
  const text = (over: Partial<Report>, of: Partial<typeof tried> = {}) =>
    reportText(app, asked, report({ tried: { ...tried, ...of }, ...over }), initialStateOf("web"))

  it("names the ref that was given, the outcome, and that version and data are restored", () => {
    const back = "rolled back: 1.0.0 is running and healthy, version and data as before"
    assert.strictEqual(text({ outcome: "done" }), `web: feature (1.1.0) is healthy; ${back}`)
    assert.strictEqual(
      text({ outcome: "failed", why: "npm ended with code 1" }),
      `web: feature (1.1.0) is healthy, but npm ended with code 1; ${back}\n  next  lastgood log web`
    )
    assert.strictEqual(
      text({}),
      `web: feature (1.1.0) failed; ${back}\n  why   it answered 500\n  next  lastgood log web`
    )
    assert.match(
      text({}, { interrupted: true }),
      /^web: the try of feature \(1\.1\.0\) was interrupted; rolled back: 1\.0\.0 is running/
    )
  })

  it("does not say that the version is restored if it is not", () => {
    for (const outcome of ["unhealthy", "left-down", "refused"] as const)
      assert.notMatch(text({ outcome }), /rolled back/)
    assert.match(text({ outcome: "unhealthy" }), /NOT healthy/)
    assert.match(text({ outcome: "left-down" }), /left DOWN on purpose/)
    assert.match(text({ outcome: "refused" }), /was not tried; the app was not touched/)
  })
})

it("reports an attempt of an earlier lastgood first", () => {
  const text = reportText(
    app,
    upgrade,
    report({ outcome: "nothing", resumed: true, why: "newest" }),
    initialStateOf("web")
  )
  assert.strictEqual(text, "lastgood first finished an interrupted attempt\nweb: nothing to do: newest")
})

it("shows a time in a reason in the time zone of the host", () => {
  const why = "it is already down: it was stopped by cli:ann at 2026-11-30T09:04:17.916Z"
  const text = reportText(app, upgrade, report({ outcome: "nothing", why }), initialStateOf("web"))
  assert.strictEqual(text.replace(why.slice(0, -24), ""), `web: nothing to do: ${time("2026-11-30T09:04:17.916Z")}`)
})

describe("the report of acknowledged alerts", () => {
  it.each([
    [null, "every open alert"],
    ["", "the open alert"],
    ["01a2", "01a2"]
  ])("names what was acknowledged: %j", (alert, named) => {
    const recorded = report({ outcome: "recorded", attempt: null })
    assert.include(
      reportText(app, { _tag: "Acknowledge", alert }, recorded, state(true)),
      `web: acknowledged: ${named}`
    )
  })
})
