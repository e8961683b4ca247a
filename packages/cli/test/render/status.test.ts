import { assert, describe, it } from "@effect/vitest"
import { checkedText, hostText, type Shown, statusText } from "../../src/render/status.ts"

const long = "a".repeat(200)

const app: Shown = {
  app: "web",
  phase: "running",
  running: "1.0.0",
  lastGood: "1.0.0",
  snapshot: "20261126T163519Z-6e94695a",
  quarantined: [{ version: "2.0.0", reason: `broken ${long}`, until: null }],
  stopped: null,
  removed: null,
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

describe("the health of many apps", () => {
  it("is told with the time of the oldest check that was not made now, and how to check one app", () => {
    const at = (time: string) => ({ health: { ok: true, seen: "200 OK", at: time } })
    const apps = [
      at("2026-12-03T16:35:27.488Z"),
      { health: { ok: true, seen: "" } },
      at("2026-12-03T16:34:59.000Z"),
      {}
    ]
    assert.deepStrictEqual(checkedText(apps), [
      "health as the daemon checked it since 2026-12-03 16:34:59Z; to check one app now: lastgood status <app>"
    ])
    assert.deepStrictEqual(checkedText([{ health: { ok: true, seen: "200 OK" } }, { health: null }]), [])
  })
})

describe("status for people", () => {
  it("shortens reasons, but not the path of set-aside data", () => {
    const [, , waits, quarantine, replaced, ...more] = statusText([app], 80).split("\n")
    assert.deepStrictEqual(more, [])
    assert.match(waits ?? "", /^web: waits for policy: a+…$/)
    assert.match(quarantine ?? "", /^web: 2\.0\.0 is quarantined: broken a+…$/)
    const [{ paths } = { paths: [] }] = app.setAside
    assert.strictEqual(replaced, `web: data set aside until 2026-12-03 16:35:27Z: ${paths.join(", ")}`)
  })

  it("does not cut the command that starts an app which waits for an operator", () => {
    const remedy = "lastgood restore web --snapshot 20261126T163519Z-6e94695a"
    const waitingFor = `an operator: it was removed by cli:ann; ${"take it out of lastgood.yaml, ".repeat(5)}${remedy}`
    const [, , waits] = statusText([{ ...app, waitingFor }], 80).split("\n")
    assert.isTrue(waits?.endsWith(remedy), waits)
  })

  it("tells data that was set aside several times in one line, with the paths of the newest", () => {
    const set = (day: string) => ({
      attempt: day,
      until: `2026-12-${day}T16:35:27.488Z`,
      paths: [`/aside/${day}/data`]
    })
    const lines = statusText([{ ...app, setAside: [set("05"), set("03"), set("04")] }], null).split("\n")
    assert.deepStrictEqual(
      lines.filter((line) => line.includes("set aside")),
      ["web: data set aside 3 times, kept until 2026-12-03 16:35:27Z to 2026-12-05 16:35:27Z: newest /aside/05/data"]
    )
  })

  it("tells the alerts of the host, and where they are whole", () => {
    assert.deepStrictEqual(hostText([]), [])
    const [why, next, ...more] = hostText([{ why: `the last 3 automatic upgrades ${long}` }])
    assert.match(why ?? "", /^this host: the last 3 automatic upgrades a+…$/)
    assert.strictEqual(next, "this host: next: lastgood alerts _host")
    assert.deepStrictEqual(more, [])
  })

  it("fits into 80 columns with long versions, whose beginning and end remain", () => {
    const version = (end: string) => `12-0a1b2c3+web=2026.11.4-alpine3.22,db=16.${end}`
    const shown: Shown = {
      ...{ ...app, app: "shop", quarantined: [], waitingFor: null, setAside: [] },
      ...{ running: version("1"), lastGood: version("2") },
      now: { version: version("3"), services: [], at: "2026-11-26T16:35:19Z" } as unknown as NonNullable<Shown["now"]>
    }
    const lines = statusText([shown], 80).split("\n")
    for (const line of lines) assert.isAtMost(line.length, 80, line)
    const [, row = ""] = lines
    assert.match(row, /^shop +running +12-0\S*…\S*16\.3 +12-0\S*…\S*16\.1 +12-0\S*…\S*16\.2 /)
    assert.isTrue(row.endsWith("  20261126T163519Z…"))
    assert.include(statusText([app], 80), "web  running  1.0.0    1.0.0      20261126T163519Z-6e94695a")
  })

  it("cuts nothing without a terminal", () => {
    const text = statusText([app], null)
    assert.include(text, `waits for policy: ${long}\n`)
    assert.include(text, `broken ${long}\n`)
  })

  it("becomes a block for each app in 60 columns, with whole ids", () => {
    const shown: Shown = { ...app, app: "nextcloud-of-the-school", waitingFor: null, quarantined: [], setAside: [] }
    assert.deepStrictEqual(statusText([shown], 60).split("\n"), [
      "nextcloud-of-the-school",
      "  phase            running",
      "  running          1.0.0",
      "  last good        1.0.0",
      "  newest snapshot  20261126T163519Z-6e94695a"
    ])
  })

  it("says what to do if there are no apps", () => {
    assert.include(statusText([], 80), "lastgood init")
  })
})
