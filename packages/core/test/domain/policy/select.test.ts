import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import type { Policy } from "../../../src/domain/App.ts"
import type { Refusal, UpgradeCommand } from "../../../src/domain/Decision.ts"
import { decide } from "../../../src/domain/decide.ts"
import { type Event, make } from "../../../src/domain/Event.ts"
import { selectTarget } from "../../../src/domain/policy/select.ts"
import { type PolicyVerdict, verdictOf, verdictText } from "../../../src/domain/policy/verdict.ts"
import { parseWindow } from "../../../src/domain/policy/window.ts"
import type { AppState } from "../../../src/domain/State.ts"
import { statusOf } from "../../../src/domain/status.ts"
import { iso } from "../../../src/domain/time.ts"
import { adopted, day, given, now, offer, ofType, ref, upgradeCommand, v1 } from "../given.ts"

const patch = "1.0.1+1.0.0"
const minor = "1.1.0+1.1.0"
const major = "2.0.0+2.0.0"
const running = given(adopted())
// `now` is Sunday, 2026-03-01 03:00 UTC.
const inside = [Result.getOrThrow(parseWindow("Sun 02:00-05:00", "UTC"))]
const outside = [Result.getOrThrow(parseWindow("Sat 02:00-05:00", "UTC"))]
const opens = "2026-03-07T02:00:00.000Z"

const after = (...events: ReadonlyArray<Event>): AppState => given(events, "", running)
const approved = (version: string, commit = ref(version).commit) => make("VersionApproved", { version, commit })
const held = (until: string | null) => make("AppHeld", { reason: "audit", until })
const quarantined = (version: string, until: string | null) =>
  make("VersionQuarantined", { ...ref(version), reason: "503", failures: 1, until })

const verdict = (over: Partial<UpgradeCommand>, state: AppState = running): PolicyVerdict =>
  verdictOf(
    selectTarget(
      state,
      state.running?.version ?? "",
      upgradeCommand({ trigger: "reconciler", offers: [patch, minor, major].map((v) => offer(v)), ...over })
    )
  )

/** `take 1.1.0+1.1.0`, `wait 1.1.0+1.1.0 window`. */
const short = ({ gate, verdict, version }: PolicyVerdict): string =>
  [verdict, version, gate].filter((one) => one !== null).join(" ")

describe("the policy", () => {
  const policies: ReadonlyArray<readonly [Policy, string]> = [
    ["patch", patch],
    ["minor", minor],
    ["major", major]
  ]

  it.each(policies)(
    "of %s takes %s in a window, waits for it outside, and takes it for an operator",
    (policy, version) => {
      assert.strictEqual(short(verdict({ policy })), `take ${version}`)
      assert.strictEqual(short(verdict({ policy, windows: inside })), `take ${version}`)
      assert.deepInclude(verdict({ policy, windows: outside }), {
        verdict: "wait",
        version,
        gate: "window",
        until: opens
      })
      assert.strictEqual(short(verdict({ policy, windows: outside, trigger: "operator" })), `take ${version}`)
      assert.strictEqual(short(verdict({ policy, windows: [...outside, ...inside] })), `take ${version}`)
    }
  )

  it("refuses by the first gate, whether a window is open or not", () => {
    const table: ReadonlyArray<readonly [string, Partial<UpgradeCommand>, AppState]> = [
      ["nothing", { offers: [offer(v1.version)] }, running],
      [`refuse ${major} policy`, { policy: "manual" }, running],
      [`refuse ${major} held`, {}, after(held(null))],
      [`wait ${major} held`, {}, after(held(iso(now + day)))],
      [`take ${minor}`, {}, after(held(iso(now - 1)))],
      [`take ${patch}`, {}, after(quarantined(minor, iso(now + day)))],
      [`wait ${minor} quarantine`, { offers: [offer(minor)] }, after(quarantined(minor, iso(now + day)))],
      [`refuse ${minor} quarantine`, { offers: [offer(minor)] }, after(quarantined(minor, null))],
      [`take ${minor}`, { offers: [offer(minor)] }, after(quarantined(minor, iso(now - 1)))],
      [`wait ${minor} minimum-age`, { offers: [offer(minor, now - 1)], minimumAgeMs: day }, running],
      [`take ${minor}`, { offers: [offer(minor, now - day)], minimumAgeMs: day }, running]
    ]
    for (const [expected, over, state] of table) {
      assert.strictEqual(short(verdict(over, state)), expected)
      const there = short(verdict({ ...over, windows: outside }, state))
      assert.strictEqual(there, expected.startsWith("take") ? `wait${expected.slice(4)} window` : expected)
    }
  })

  it("waits for other apps before it waits for a window, and only automatically", () => {
    const others: ReadonlyArray<Refusal> = [
      { gate: "after", reason: "it comes after auth, which is unhealthy", next: "" },
      { gate: "breaker", reason: "3 were rolled back", next: "" }
    ]
    assert.strictEqual(short(verdict({ others, windows: outside })), `wait ${minor} after`)
    assert.strictEqual(short(verdict({ others: others.slice(1) })), `refuse ${minor} breaker`)
    assert.strictEqual(short(verdict({ others, trigger: "operator" })), `take ${minor}`)
    assert.strictEqual(short(verdict({ others, offers: [offer(major)] })), `refuse ${major} policy`)
  })

  it("says in one line what it waits for, and until when", () => {
    assert.strictEqual(
      verdictText(verdict({ windows: outside })),
      `waits to take ${minor}: window: outside of its window Sat 02:00-05:00 UTC, until ${opens}`
    )
    assert.strictEqual(
      verdictText(verdict({ offers: [offer(minor, now)], minimumAgeMs: day })),
      `waits to take ${minor}: minimum-age: ${minor} is younger than the minimum age, until ${iso(now + day)}`
    )
    assert.match(
      verdictText(verdict({ policy: "manual" })),
      /^does not take 2\.0\.0\+2\.0\.0: policy: the policy `manual`/
    )
    assert.strictEqual(verdictText(verdict({})), `takes ${minor} in its next pass`)
    assert.strictEqual(verdictText(verdict({ offers: [] })), `${v1.version} is the newest version`)
  })

  it("records a wait once, and again when the window has opened meanwhile; the status says it", () => {
    const command = (at: number) => upgradeCommand({ trigger: "reconciler", windows: outside, now: at })
    const first = decide(running, command(now))
    if (first._tag !== "Refused") throw new Error(first._tag)
    const [refused] = ofType(first.events, "UpgradeRefused")
    assert.strictEqual(refused?.until, opens)
    const told = after(...first.events)
    assert.strictEqual(
      statusOf("web", told, now).waitingFor,
      `window: outside of its window Sat 02:00-05:00 UTC, until ${opens}`
    )
    const again = (at: number) => {
      const decision = decide(told, command(at))
      return decision._tag === "Refused" ? decision.events.length : decision._tag
    }
    assert.strictEqual(again(now + day), 0)
    assert.strictEqual(again(now + 7 * day), 1)
    assert.strictEqual(decide(told, command(Date.parse(opens)))._tag, "Begin")
  })
})

/** Verifies: LAW-2, LAW-8 */
describe("an approval", () => {
  const approve = (version: string, state: AppState = running) =>
    decide(state, { _tag: "Approve", id: "", now, to: ref(version) })

  it.each<readonly [Policy, string, string]>([
    ["manual", patch, `take ${patch}`],
    ["manual", major, `take ${major}`],
    ["minor", major, `take ${major}`],
    ["minor", patch, `take ${minor}`]
  ])("with `policy: %s`, of %s: %s", (policy, version, expected) => {
    assert.strictEqual(short(verdict({ policy }, after(approved(version)))), expected)
    const waits = short(verdict({ policy, windows: outside }, after(approved(version))))
    assert.strictEqual(waits, `wait${expected.slice(4)} window`, "in its next window")
  })

  it("does not pass a hold, a quarantine, a release note or another app, but the minimum age", () => {
    const state = after(approved(major))
    const offers = [offer(major, now)]
    const note = { version: major, refusal: { gate: "release-note", reason: "read it", next: "" } }
    const others = [{ gate: "breaker", reason: "3 were rolled back", next: "" }]
    assert.strictEqual(short(verdict({ offers, minimumAgeMs: day }, state)), `take ${major}`)
    assert.strictEqual(short(verdict({ offers }, given([held(null)], "", state))), `refuse ${major} held`)
    assert.strictEqual(
      short(verdict({ offers }, given([quarantined(major, null)], "", state))),
      `refuse ${major} quarantine`
    )
    assert.strictEqual(short(verdict({ offers, note }, state)), `refuse ${major} release-note`)
    assert.strictEqual(short(verdict({ offers, others }, state)), `refuse ${major} breaker`)
  })

  it("is of one commit: a version whose tag was moved is another one", () => {
    const refused = verdict({ offers: [offer(major)] }, after(approved(major, "c-before")))
    assert.strictEqual(short(refused), `refuse ${major} policy`)
    assert.match(refused.reason, /the approval is of another commit/)
  })

  it("ends when an attempt at the version or a newer one begins, by another approval, or when it is withdrawn", () => {
    const attempt = (to: string) =>
      make("UpgradeAttempted", { from: v1, to: ref(to), trigger: "reconciler", snapshot: "s", plan: [] })
    const left = (...events: ReadonlyArray<Event>) => given(events, "a2", after(approved(minor))).approved?.version
    assert.strictEqual(left(), minor)
    assert.strictEqual(left(attempt(patch)), minor)
    assert.isUndefined(left(attempt(minor)))
    assert.isUndefined(left(attempt(major)))
    assert.strictEqual(left(approved(major)), major)
    assert.isUndefined(left(make("ApprovalWithdrawn", { version: minor })))
    assert.isUndefined(left(...adopted(ref(major))))
  })

  it("is rejected for what is not newer, quarantined, or may not work on the data", () => {
    assert.strictEqual(approve(major)._tag, "Record")
    assert.strictEqual(approve(major, after(approved(major)))._tag, "Nothing")
    assert.strictEqual(approve(v1.version)._tag, "Rejected")
    assert.strictEqual(approve("0.9.0+1.0.0")._tag, "Rejected")
    assert.strictEqual(approve(major, after(quarantined(major, null)))._tag, "Rejected")
    assert.strictEqual(approve("2.0.0+0.9.0")._tag, "Rejected", "an older app part")
    const images = given(adopted(ref("1-4f2a91c+db.pg=16.4")))
    assert.strictEqual(approve("2-4f2a91d+db.pg=17.0", images)._tag, "Rejected", "another PostgreSQL")
  })

  it("does not let an older app part or another PostgreSQL pass, even if the log has it", () => {
    const older = "2.0.0+0.9.0"
    const state = after(approved(older))
    assert.strictEqual(short(verdict({ offers: [offer(older)], policy: "manual" }, state)), `refuse ${older} older-app`)
  })

  it("is withdrawn only by its version, and shown in the status", () => {
    const state = after(approved(major))
    assert.strictEqual(decide(state, { _tag: "Withdraw", id: "", now, version: minor })._tag, "Nothing")
    assert.strictEqual(decide(state, { _tag: "Withdraw", id: "", now, version: major })._tag, "Record")
    assert.strictEqual(decide(running, { _tag: "Withdraw", id: "", now, version: major })._tag, "Nothing")
    const status = statusOf("web", state, now)
    assert.strictEqual(status.approved?.version, major)
    assert.strictEqual(status.waitingFor, `the next pass of the daemon: ${major} is approved`)
  })
})
