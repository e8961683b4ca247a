import { assert, describe, it } from "@effect/vitest"
import { make } from "../../../src/domain/Event.ts"
import { inOrder, orderProblems, refusedByEarlier } from "../../../src/domain/policy/after.ts"
import { type AppState, initialStateOf } from "../../../src/domain/State.ts"
import { adopted, given, ref, v1, v2 } from "../given.ts"

const app = (name: string, ...after: ReadonlyArray<string>) => ({ name, after })
const texts = (...apps: ReadonlyArray<ReturnType<typeof app>>) =>
  orderProblems(apps).map(({ app, index, text }) => `${app}[${index}] ${text}`)

describe("the order of apps", () => {
  it("may name apps before and after", () => {
    assert.deepStrictEqual(texts(app("a", "b", "c"), app("b", "c"), app("c"), app("d", "a")), [])
  })

  it("refuses what is not an app, and every cycle", () => {
    assert.deepStrictEqual(texts(app("a", "x")), ["a[0] there is no app `x`"])
    assert.deepStrictEqual(texts(app("a", "a")), ["a[0] the order is a cycle: a after a"])
    assert.deepStrictEqual(texts(app("a", "b"), app("b", "a")), [
      "a[0] the order is a cycle: a after b after a",
      "b[0] the order is a cycle: b after a after b"
    ])
    assert.deepStrictEqual(texts(app("a", "b"), app("b", "c"), app("c", "b")), [
      "b[0] the order is a cycle: b after c after b",
      "c[0] the order is a cycle: c after b after c"
    ])
  })

  it("puts each app after those that come first, and moves no other", () => {
    const names = inOrder([app("web", "auth"), app("x"), app("auth", "db"), app("y"), app("db")]).map(
      ({ name }) => name
    )
    assert.deepStrictEqual(names, ["db", "auth", "web", "x", "y"])
    assert.deepStrictEqual(inOrder([app("b"), app("a")]), [app("b"), app("a")])
  })
})

describe("an app that comes after another", () => {
  const running = given(adopted())
  const why = (state: AppState | null, takes: string | null = null) =>
    refusedByEarlier({ name: "auth", state, takes })?.reason ?? null

  it("waits until that one is healthy and takes no version", () => {
    assert.isNull(why(running))
    assert.strictEqual(why(running, "2.0.0"), "it comes after auth, which is upgraded to 2.0.0 first")
    assert.strictEqual(why(null), "it comes after auth, which lastgood cannot use now")
    assert.match(why(initialStateOf("auth")) ?? "", /neither deployed nor promoted/)
    const sick = make("AppUnhealthy", {
      version: v1.version,
      since: "2026-03-01T00:00:00.000Z",
      what: "503",
      checks: []
    })
    assert.match(why(given([sick], "", running)) ?? "", /which is unhealthy$/)
    const begun = make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s", plan: ["deploy"] })
    assert.match(why(given([begun], "a2", running)) ?? "", /has an attempt in flight \(upgrading\)$/)
    const down = make("RollbackFailed", { attempted: ref("2"), lastGood: v1, leftDown: true, reason: "x", next: "" })
    const ended = make("AttemptEnded", { outcome: "left-down", why: "x" })
    const undeployed = make("Undeployed", { removed: [], quietAfterMs: 0 })
    assert.match(why(given([begun, undeployed, down, ended], "a2", running)) ?? "", /which is stopped$/)
  })
})
