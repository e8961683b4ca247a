import { assert, describe, it } from "@effect/vitest"
import { type Shown, statusText } from "../../src/render/status.ts"

const long = "a".repeat(200)

const app: Shown = {
  app: "web",
  phase: "running",
  running: "1.0.0",
  lastGood: "1.0.0",
  snapshot: "20261126T163519Z-6e94695a",
  quarantined: [{ version: "2.0.0", reason: `broken ${long}`, until: null }],
  held: null,
  approved: null,
  waitingFor: `policy: ${long}`,
  setAside: [
    {
      attempt: "01",
      until: "2026-12-03T16:35:27.488Z",
      paths: [`/var/lib/lastgood/web/aside/${long}/data`, `/var/lib/lastgood/web/aside/${long}/db`]
    }
  ],
  lastOutcome: null
}

describe("status for people", () => {
  it("shortens reasons, but not the path of set-aside data", () => {
    const [, , waits, quarantine, replaced, ...more] = statusText([app]).split("\n")
    assert.deepStrictEqual(more, [])
    assert.match(waits ?? "", /^web: waits for policy: a+…$/)
    assert.match(quarantine ?? "", /^web: 2\.0\.0 is quarantined: broken a+…$/)
    const [{ paths } = { paths: [] }] = app.setAside
    assert.strictEqual(replaced, `web: data set aside until 2026-12-03 16:35:27Z: ${paths.join(", ")}`)
  })

  it("says what to do if there are no apps", () => {
    assert.include(statusText([]), "lastgood init")
  })
})
