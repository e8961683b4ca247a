import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/domain/decide.ts"
import { make } from "../../src/domain/Event.ts"
import { neededSnapshots, refusedPruning } from "../../src/domain/pruning.ts"
import { expiredAside, prunable as prunableOf, retained } from "../../src/domain/retention.ts"
import type { AppState } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"
import { adopted, day, given, now, ref, upgradeCommand, v1, v2 } from "./given.ts"

const taken = (snapshot: string, of = v1) =>
  make("SnapshotTaken", { snapshot, ...of, volumes: [], bytes: 0, quietMs: 0 })

const prunable = (state: AppState, keep: number) => prunableOf(state, { keep }, now).map(({ id }) => id)

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

  it("knows no set-aside data without an attempt: nothing on the disk has its name, and it could not be removed", () => {
    const aside = make("DataSetAside", { volumes: [{ name: "data", path: "/aside" }], until: iso(now) })
    const state = given([aside], "", given(adopted()))
    assert.deepStrictEqual([state.aside, expiredAside(state, now + day)], [[], []])
  })

  const aged = (...days: ReadonlyArray<number>) =>
    days.reduce((state, age, i) => {
      const next = given([taken(`s${i + 1}`)], "a1", state)
      return {
        ...next,
        snapshots: next.snapshots.map((one) => (one.id === `s${i + 1}` ? { ...one, at: iso(now - age * day) } : one))
      }
    }, given(adopted()))

  it.each<[string, { keep: number; keepWithinMs?: number }, ReadonlyArray<string>]>([
    ["by number alone", { keep: 2 }, ["s1", "s2", "s3"]],
    ["by number or age", { keep: 2, keepWithinMs: 14 * day }, ["s1"]],
    ["by age, where fewer are young", { keep: 3, keepWithinMs: 2 * day }, ["s1", "s2"]],
    ["not at the age itself", { keep: 1, keepWithinMs: 9 * day }, ["s1", "s2"]],
    ["all, where all are young", { keep: 1, keepWithinMs: 400 * day }, []]
  ])("is kept %s", (_, rule, gone) => {
    const state = aged(30, 9, 6, 3, 1)
    assert.deepStrictEqual(
      prunableOf(state, rule, now).map(({ id }) => id),
      gone
    )
    assert.deepStrictEqual(
      retained(state, rule, now).map(({ id }) => id),
      ["s1", "s2", "s3", "s4", "s5"]
    )
  })

  it("says why each stays or goes", () => {
    const said = retained(aged(30, 9, 3, 1), { keep: 2, keepWithinMs: 14 * day }, now)
    assert.deepStrictEqual(
      said.map(({ stays, why }) => [stays, why]),
      [
        [false, "only 2 snapshots are kept, and those of 14d"],
        [true, "not older than 14d"],
        [true, "one of the last 2"],
        [true, "the newest"]
      ]
    )
  })

  it("includes a snapshot of a try, however young it is", () => {
    const state = aged(3, 2, 1)
    const spent = { ...state, snapshots: state.snapshots.map((one) => ({ ...one, spent: one.id === "s1" })) }
    assert.deepStrictEqual(
      prunableOf(spent, { keep: 9, keepWithinMs: 99 * day }, now).map(({ id }) => id),
      ["s1"]
    )
  })
})

/** Verifies: LAW-4 */
describe("what an operator may not remove", () => {
  const v0 = ref("0.9.0+0.9.0")
  const state = given([...adopted(), taken("s1"), taken("s2"), taken("s3", v0), taken("s4", v2)])
  const needed = (of: AppState) => [...neededSnapshots(of).keys()].sort()

  it("is the newest snapshot and the newest of the last good version", () => {
    assert.deepStrictEqual(needed(state), ["s2", "s4"])
    assert.isNull(refusedPruning(state, { snapshots: ["s1", "s3"], asides: ["a1"] }))
    const refused = refusedPruning(state, { snapshots: ["s1", "s2"], asides: [] })
    assert.strictEqual(refused?.reason, "snapshot s2 is not removed: it is the newest of the last good version")
  })

  it("is the newest that is not damaged, if the newest is", () => {
    const damaged = make("SnapshotVerified", { snapshot: "s4", ok: false, problems: ["cut"], volumes: [] })
    assert.deepStrictEqual(needed(given([damaged], "a1", state)), ["s2", "s3", "s4"])
  })

  it("is the newest of the last good version that is not damaged, whatever is newer and of another version", () => {
    const damaged = make("SnapshotVerified", { snapshot: "s2", ok: false, problems: ["cut"], volumes: [] })
    const of = given([...adopted(), taken("s0"), taken("s1"), taken("s2"), damaged, taken("s3", v2)])
    assert.deepStrictEqual(needed(of), ["s1", "s2", "s3"])
    const refused = refusedPruning(of, { snapshots: ["s0", "s1"], asides: [] })
    const why = "snapshot s1 is not removed: it is the newest of the last good version that is not damaged"
    assert.strictEqual(refused?.reason, why)
  })

  it("is what an attempt in flight needs: its snapshot, and the data that it set aside", () => {
    const back = make("RollbackStarted", {
      ...{ attempted: v2, lastGood: v1, snapshot: "s1", by: "operator", reason: "asked" },
      plan: ["undeploy", "restore"]
    })
    const inFlight = given([back], "a9", state)
    assert.strictEqual(neededSnapshots(inFlight).get("s1")?.reason, "the attempt in flight needs it")
    assert.include(refusedPruning(inFlight, { snapshots: [], asides: ["a9"] })?.reason ?? "", "is in flight")
    assert.isNull(refusedPruning(inFlight, { snapshots: [], asides: ["a8"] }))
  })
})
