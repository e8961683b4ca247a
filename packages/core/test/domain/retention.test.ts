import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/domain/decide.ts"
import { make } from "../../src/domain/Event.ts"
import { expiredAside, prunable } from "../../src/domain/retention.ts"
import type { AppState } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, day, given, now, ref, upgradeCommand, v1, v2 } from "./given.ts"

const taken = (snapshot: string, of = v1) =>
  make("SnapshotTaken", { snapshot, ...of, volumes: [], bytes: 0, quietMs: 0 })

describe("what may be pruned", () => {
  /** Verifies: LAW-4 */
  it("does not include the newest snapshot or the newest of the last good version, however small keep is", () => {
    const v0 = ref("0.9.0+0.9.0")
    const history = [...adopted(), taken("s1"), taken("s2"), taken("s3", v0), taken("s4", v2)]
    for (const keep of [0, 1, 2, 3]) {
      const gone = prunable(given(history), keep)
      assert.notInclude(gone, "s4", "the newest")
      assert.notInclude(gone, "s2", "the newest of the last good version")
    }
    assert.deepStrictEqual(prunable(given(history), 1), ["s1", "s3"])
    assert.deepStrictEqual(prunable(given(history), 4), [])
    assert.deepStrictEqual(prunable(given([...adopted(), taken("s1"), taken("s2"), taken("s3")]), 0), ["s1", "s2"])
  })

  /** Verifies: LAW-4 */
  it("includes the snapshots of rolled-back upgrades, so failures do not displace earlier versions", () => {
    const v0 = ref("0.9.0+0.9.0")
    const night = (state: AppState, n: number, recovered: boolean): AppState => {
      const decision = decide(state, upgradeCommand({ id: `attempt-0000000${n}` }))
      if (decision._tag !== "Begin") throw new Error(decision._tag)
      const [begun] = decision.events
      const id = begun.type === "UpgradeAttempted" ? begun.data.snapshot : ""
      const back = { attempted: v2, lastGood: v1, recovered, reason: "503" }
      const ended = make("AttemptEnded", { outcome: recovered ? "recovered" : "unhealthy", why: "503" })
      return given([...decision.events, taken(id), make("RolledBack", back), ended], `n${n}`, state)
    }
    let state = given([taken("s0", v0), ...adopted()])
    for (const n of [1, 2, 3]) state = night(state, n, true)
    const spent = state.snapshots.slice(1).map(({ id }) => id)
    assert.deepStrictEqual(prunable(state, 2), spent.slice(0, 2), "all but the newest")
    assert.deepStrictEqual(prunable(given([taken("s4")], "n4", state), 2), spent, "and that one with a later one")
    assert.deepStrictEqual(prunable(night(given([taken("s0", v0), ...adopted()]), 1, false), 1), ["s0"])
  })

  /** Verifies: LAW-3 */
  it("includes set-aside data only when its keep time is over", () => {
    const aside = make("DataSetAside", { volumes: [{ name: "data", path: "/aside" }], until: iso(now + day) })
    const state = given([...adopted(), aside])
    assert.deepStrictEqual(expiredAside(state, now), [])
    assert.deepStrictEqual(expiredAside(state, now + day), ["a1"])
  })
})
