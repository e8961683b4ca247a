/** Which apps may be renamed, and the state under the new name. */
import { assert, describe, it } from "@effect/vitest"
import { alertsOf } from "../../src/domain/alerts.ts"
import type { Command } from "../../src/domain/Decision.ts"
import { decide } from "../../src/domain/decide.ts"
import { driftNow } from "../../src/domain/drift.ts"
import { make } from "../../src/domain/Event.ts"
import { evolve } from "../../src/domain/evolve.ts"
import { makeStates } from "../../src/domain/makeStates.ts"
import { nextText } from "../../src/domain/Next.ts"
import { refusedRenaming } from "../../src/domain/renaming.ts"
import { initialStateOf, phaseOf } from "../../src/domain/State.ts"
import { adopted, drive, given, now, v1 } from "./given.ts"

const observed = { present: true, converged: true, version: v1.version, holdsData: true, drift: null }
const running = given(adopted())
const begin = (command: Command) => {
  const decision = decide(running, command)
  assert(decision._tag === "Begin")
  return given(decision.events, "a2", running)
}
const asked = { id: "0199-attempt", now, by: "cli:root", observed, hazards: [] }
const begun = begin({ _tag: "Stop", ...asked })
const stopped = drive(begun).state
const removed = drive(begin({ _tag: "Remove", ...asked, volumes: ["data"] })).state

const folders = { from: "/root/web", to: "/root/shop" }
const continued = (state: typeof stopped) => {
  const event = make("AppContinued", { app: "shop", from: "web", version: state.version + 1, folders })
  return evolve(state, { version: 1, at: "2026-01-01T00:00:00.000Z", attempt: null, event })
}

/** Verifies: LAW-6 */
describe("an app", () => {
  it("may be renamed once it was stopped or removed", () => {
    assert.isNull(refusedRenaming(stopped))
    assert.isNull(refusedRenaming(removed))
  })

  it.each([
    ["runs", running, /should be running$/, "lastgood stop web"],
    ["has an attempt that is not finished", begun, /is not finished$/, "lastgood stop web"],
    ["is not in the log", initialStateOf("web"), /the log does not know it/, "rename its key"],
    ["has an attempt of a newer lastgood", { ...stopped, foreignAttempt: "0200" }, /0200/, "the newer lastgood"]
  ])("keeps its name while it %s", (_, state, why, next) => {
    const refused = refusedRenaming(state)
    assert.match(refused?.reason ?? "", why)
    assert.include(nextText("web", refused?.next ?? ""), next)
  })

  it("is the same under its new name, with the commands for it", () => {
    const { app, down, formerNames, version, ...rest } = continued(stopped)
    assert.deepStrictEqual({ app, formerNames, version }, { app: "shop", formerNames: ["web"], version: 1 })
    assert.strictEqual(down?.next, "lastgood start shop")
    assert.include(continued(removed).down?.next ?? "", "lastgood restore shop --snapshot")
    const { app: _, down: __, version: ___, ...before } = stopped
    assert.deepStrictEqual(rest, before)
  })

  it("has the paths of what was set aside in its folder, and no others, under its new name", () => {
    const volumes = ["/root/web/aside/a/data", "/root/website/x", "/mnt/.lastgood/a"].map((path) => ({
      name: path,
      path
    }))
    const aside = [{ attempt: "a", at: "", until: "", tried: false, volumes }]
    assert.deepStrictEqual(
      continued({ ...stopped, aside }).aside[0]?.volumes.map(({ path }) => path),
      ["/root/shop/aside/a/data", "/root/website/x", "/mnt/.lastgood/a"]
    )
  })

  it("has its alerts in the order in which they were raised", () => {
    const raise = (id: string) =>
      make("AlertRaised", {
        ...{ alert: id, subject: "attempt", outcome: "recovered", attempted: null, lastGood: null },
        ...{ recovered: true, why: "", next: "" }
      })
    const before = given([raise("one"), raise("two")], undefined, stopped)
    const after = evolve(continued(before), { version: 2, at: "", attempt: null, event: raise("three") })
    assert.deepStrictEqual(
      alertsOf(after).map(({ id }) => id),
      ["one", "two", "three"]
    )
  })

  it("has alerts whose commands name it as it is called now", () => {
    const next = [
      "see lastgood log web, then run lastgood snapshots rm web s1, or lastgood retry web.",
      "lastgood status website and lastgood status web-2 are others, and so is the web"
    ].join("\n")
    const raised = make("AlertRaised", {
      ...{ alert: "one", subject: "attempt", outcome: "recovered", attempted: null, lastGood: null },
      ...{ recovered: true, why: "", next }
    })
    assert.strictEqual(
      alertsOf(continued(given([raised], undefined, stopped)))[0]?.next,
      next.replace("log web", "log shop").replace("rm web", "rm shop").replace("retry web", "retry shop")
    )
  })

  it("has no drift under its former name, in whose folder its data still is", () => {
    const old = given([make("AppRenamed", { to: "shop", by: "cli:root" })], undefined, stopped)
    const mark = { app: "web", mark: "0199-attempt", version: "1.0.0", at: "2026-01-01T00:00:00.000Z" }
    const volume = { name: "data", inode: "1", created: null, held: true, mounted: false, mark, moved: false }
    const seen = {
      present: false,
      version: null,
      services: [],
      volumes: [volume],
      isExternal: () => false,
      labels: true
    }
    assert.isNull(driftNow(old, seen))
    const { renamed, ...unnamed } = old
    assert.deepStrictEqual([renamed, driftNow(unnamed, seen)?.kind], [{ to: "shop" }, "log-behind"])
  })

  it("is refused everything under its former name, which a new app can have later", () => {
    const old = given([make("AppRenamed", { to: "shop", by: "cli:root" })], undefined, stopped)
    assert.strictEqual(phaseOf(old), "stopped")
    const decision = decide(old, { _tag: "Snapshot", ...asked })
    assert(decision._tag === "Rejected")
    assert.strictEqual(nextText("web", decision.next), "finish it: lastgood rename web shop")
    const registered = make("AppRegistered", { recipe: "r", runtime: "local", domain: "d", stack: "s" })
    const fresh = given([registered], undefined, old)
    assert.deepStrictEqual(fresh, {
      ...initialStateOf("web"),
      registered: registered.data,
      workedAt: fresh.workedAt,
      version: fresh.version
    })
  })
})

describe("a fold of all apps", () => {
  it("has the state of a renamed app under its new name", () => {
    const { add, states } = makeStates()
    const at = "2026-01-01T00:00:00.000Z"
    const events = adopted()
    for (const [i, event] of events.entries()) add("web", { version: i + 1, at, attempt: "a1", event })
    const version = events.length + 1
    add("web", { version, at, attempt: null, event: make("AppRenamed", { to: "shop", by: "cli:root" }) })
    const data = { app: "shop", from: "web", version, folders }
    add("shop", { version: 1, at, attempt: null, event: make("AppContinued", data) })
    assert.deepStrictEqual(states.get("shop")?.running, running.running)
    assert.isFalse(states.has("web"))
  })

  it("has it once if only its own log is read, which leaves out the end of the former one", () => {
    const { add, states } = makeStates()
    const at = "2026-01-01T00:00:00.000Z"
    for (const [i, event] of adopted().entries()) add("web", { version: i + 1, at, attempt: "a1", event })
    const data = { app: "shop", from: "web", version: adopted().length + 1, folders }
    add("shop", { version: 1, at, attempt: null, event: make("AppContinued", data) })
    assert.deepStrictEqual([...states.keys()], ["shop"])
    assert.deepStrictEqual(states.get("shop")?.running, running.running)
  })
})
