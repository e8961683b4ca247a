import { assert, describe, it } from "@effect/vitest"
import { descent } from "../../src/domain/descent.ts"
import { driftDuring, driftOf } from "../../src/domain/drift.ts"
import { type Event, make } from "../../src/domain/Event.ts"
import { driftEvents } from "../../src/domain/refuseDrift.ts"
import { prunable } from "../../src/domain/retention.ts"
import type { AppState } from "../../src/domain/State.ts"
import type { NotedService, NotedVolume, Seen, SeenService, SeenVolume } from "../../src/domain/World.ts"
import { given, ref, v1, v2 } from "./given.ts"

const service = (over: Partial<SeenService> = {}): SeenService => ({
  ...{
    name: "web",
    image: "web:1",
    digest: "sha256:1",
    config: "1.k.c1",
    replicas: 1,
    since: "2026-03-01T00:00:00.000Z"
  },
  version: v1.version,
  commit: v1.commit,
  ...over
})

const mark = { app: "shop", mark: "a1", version: v1.version, at: "2026-03-01T03:00:00.001Z" }

const volume = (over: Partial<SeenVolume> = {}): SeenVolume => ({
  ...{
    name: "shop_data",
    inode: "7@1700",
    created: "2026-01-01T00:00:00Z",
    mounted: false,
    held: true,
    mark,
    moved: false
  },
  ...over
})

const world = (over: Partial<Seen> = {}): Seen => ({
  ...{ present: true, version: v1.version, labels: true, services: [service()], volumes: [volume()] },
  ...over
})

const notedService = (over: Partial<NotedService> = {}): NotedService => ({
  ...{ name: "web", image: "web:1", digest: "sha256:1", config: "1.k.c1", replicas: 1, labelled: true, ran: true },
  ...over
})

const notedVolume = (over: Partial<NotedVolume> = {}): NotedVolume => ({
  ...{ name: "shop_data", inode: "7@1700", created: "2026-01-01T00:00:00Z", mounted: false, held: true, marked: true },
  ...over
})

const noted = (services = [notedService()], volumes = [notedVolume()]): Event =>
  make("WorldNoted", { services, volumes })

/** A first install of v1 that went well. */
const installed = (note: Event = noted()): ReadonlyArray<Event> => [
  make("DeployAttempted", { from: null, to: v1, snapshot: "s0", plan: ["deploy", "health", "commit"] }),
  make("StepStarted", { step: "deploy", try: 1 }),
  make("Deployed", { ...v1, services: [], tookMs: 0 }),
  make("HealthPassed", { version: v1.version, tookMs: 0, checks: [] }),
  note,
  make("UpgradeCommitted", { ...v1, previous: null }),
  make("AttemptEnded", { outcome: "committed", why: "" })
]

const kindOf = (state: AppState, seen: Seen): string => driftOf(state, seen)?.kind ?? "none"

/** Verifies: LAW-15 */
describe("data", () => {
  const state = given(installed())
  const cases: ReadonlyArray<readonly [string, Partial<SeenVolume> | null, string]> = [
    ["is present if it is unchanged", {}, "none"],
    ["is missing when its volume is gone", null, "data-missing"],
    ["is missing if its folder is gone", { inode: null, held: false, mark: null }, "data-missing"],
    ["is missing if it was not empty and is empty now", { held: false }, "data-missing"],
    ["is missing in a recreated volume", { inode: "9", created: "2026-02-01T00:00:00Z", mark: null }, "data-missing"],
    [
      "is missing in a recreated volume, whatever its folder",
      { created: "2026-02-01T00:00:00Z", mark: null },
      "data-missing"
    ],
    ["is missing if another folder is in its place", { inode: "9", mark: null }, "data-missing"],
    ["is present if it was moved to another disk with its mark", { inode: "9", moved: true }, "none"],
    ["is missing if another folder is in its place beside the same mark", { inode: "9" }, "data-missing"],
    ["is present if only the mark was removed", { mark: null }, "none"],
    ["is missing in a folder with the reused inode of the old one", { inode: "7@1999", mark: null }, "data-missing"],
    ["is present in a subvolume, of which an older lastgood did not note the UUID", { inode: "7@1700@u1" }, "none"]
  ]
  for (const [what, over, expected] of cases) {
    it(what, () => {
      const volumes = over === null ? [] : [volume(over)]
      assert.strictEqual(kindOf(state, world({ volumes })), expected)
    })
  }

  it("is missing in another subvolume, also one that was made of it, if both are known", () => {
    for (const [inode, seen, expected] of [
      ["256@1700@u1", "256@1700@u1", "none"],
      ["256@1700@u1", "256@1700@u2", "data-missing"],
      ["256@@u1", "256@1700@u2", "data-missing"],
      ["256@1700@u1", "256@1700", "none"],
      ["256@1700", "256@1700@u2", "none"],
      ["256", "256@1700@u2", "none"]
    ] as const) {
      const noting = given(installed(noted(undefined, [notedVolume({ inode })])))
      assert.strictEqual(kindOf(noting, world({ volumes: [volume({ inode: seen })] })), expected, `${inode} ${seen}`)
    }
  })

  it("is missing if its filesystem is not mounted", () => {
    const mounted = given(installed(noted(undefined, [notedVolume({ mounted: true, marked: false })])))
    assert.strictEqual(kindOf(mounted, world({ volumes: [volume({ mounted: true, mark: null })] })), "none")
    assert.strictEqual(
      kindOf(mounted, world({ volumes: [volume({ inode: "2", held: false, mark: null })] })),
      "data-missing"
    )
  })

  it("is missing if another filesystem is mounted over it, which says so", () => {
    for (const held of [true, false]) {
      const drift = driftOf(state, world({ volumes: [volume({ inode: "2@1800", mounted: true, held, mark: null })] }))
      assert.strictEqual(drift?.kind, "data-missing")
      assert.match(drift?.what.join("; ") ?? "", /another filesystem is mounted over it/)
    }
  })

  it("of an older log without records is missing if none of its snapshot's volumes exists", () => {
    const old = given([
      ...installed().filter(({ type }) => type !== "WorldNoted"),
      make("SnapshotTaken", {
        snapshot: "s1",
        ...v1,
        volumes: [{ name: "shop_data", bytes: 1, crc: "1" }],
        bytes: 1,
        quietMs: 0
      })
    ])
    assert.strictEqual(kindOf(old, world({ volumes: [volume({ mark: null })] })), "none")
    assert.strictEqual(kindOf(old, world({ volumes: [] })), "data-missing")
  })

  it("of adopted snapshots on a new host is missing if none of its volumes exists", () => {
    const adopted = { snapshot: "s1", ...v1, volumes: ["shop_data"], bytes: 1, at: "2026-01-01T00:00:00.000Z" }
    const state = given([make("SnapshotAdopted", adopted)])
    assert.strictEqual(kindOf(state, world({ present: false, services: [], volumes: [] })), "data-missing")
    assert.strictEqual(
      kindOf(state, world({ present: false, services: [], volumes: [volume({ mark: null })] })),
      "none"
    )
  })

  it("that an operator gave up is not missed any longer", () => {
    const plan = ["deploy", "health", "commit"]
    const start = make("DeployAttempted", { from: null, to: v1, snapshot: "s9", plan })
    const after = given([start, make("DataGivenUp", { what: [] })], "a2", state)
    assert.strictEqual(driftDuring(after, world({ present: false, services: [], volumes: [] })), null)
  })

  it("that a restore put in place is not compared with the previous folder", () => {
    const events = [
      make("RollbackStarted", {
        attempted: v1,
        lastGood: v1,
        snapshot: "s1",
        by: "operator" as const,
        reason: "",
        plan: ["restore", "deploy"]
      }),
      make("StepStarted", { step: "restore", try: 1 }),
      make("SnapshotRestored", { snapshot: "s1", version: v1.version, volumes: ["shop_data"], quietMs: 0 })
    ]
    const after = given(events, "a2", state)
    const seen = volume({
      inode: "9",
      created: "2026-02-01T00:00:00Z",
      held: false,
      mark: { ...mark, mark: "a2/back" }
    })
    assert.strictEqual(driftDuring(after, world({ present: false, services: [], volumes: [seen] })), null)
  })
})

/** Verifies: LAW-16 */
describe("a mark beside the data that is not in the log", () => {
  const state = given(installed())
  it("means that the log is older if the mark is newer than the log's last attempt", () => {
    const younger = { ...mark, mark: "a9", version: "1.3.0+1.3.0", at: "2026-03-02T00:00:00.000Z" }
    const drift = driftOf(state, world({ volumes: [volume({ mark: younger })] }))
    assert.deepStrictEqual([drift?.kind, drift?.usedBy], ["log-behind", "1.3.0+1.3.0"])
  })
  it("may be the previous one if a deploy ended before it wrote its own", () => {
    const failed = (id: string, from: AppState) =>
      given(
        [
          make("DeployAttempted", { from: v1, to: v1, snapshot: id, plan: ["prefetch", "deploy", "health"] }),
          make("StepStarted", { step: "deploy", try: 1 }),
          make("DeployFailed", { ...v1, reason: "its hook failed", next: "" }),
          make("AttemptEnded", { outcome: "unhealthy", why: "" })
        ],
        id,
        from
      )
    const twice = failed("a3", failed("a2", state))
    for (const one of ["a1", "a2", "a3"]) {
      const seen = volume({ mark: { ...mark, mark: one } })
      assert.strictEqual(driftOf(twice, world({ volumes: [seen] })), null, one)
    }
    const checked = given(
      [
        make("SnapshotAttempted", { of: v1, purpose: "promote", snapshot: "s4", plan: ["check", "commit"] }),
        make("StepStarted", { step: "check", try: 1 })
      ],
      "a4",
      state
    )
    for (const one of ["a1", "a4"]) {
      const seen = volume({ mark: { ...mark, mark: one } })
      assert.strictEqual(driftDuring(checked, world({ volumes: [seen] })), null, one)
    }
  })
  it("does not prevent resuming an operator's attempt that began over it", () => {
    const younger = { ...mark, mark: "a9", version: "1.3.0+1.3.0", at: "2026-03-02T00:00:00.000Z" }
    const seen = world({ volumes: [volume({ mark: younger })] })
    const restored = (from: AppState) =>
      given(
        [
          make("RollbackStarted", {
            ...{ attempted: v1, lastGood: v1, snapshot: "s1", by: "operator" as const, reason: "" },
            plan: ["stage", "undeploy", "restore", "deploy"]
          })
        ],
        "a2",
        from
      )
    assert.strictEqual(driftDuring(restored(state), seen)?.kind, "log-behind")
    const told = given([make("DriftDetected", { kind: "log-behind", what: [], next: "" })], "", state)
    assert.strictEqual(driftDuring(restored(told), seen), null)
  })
  it("means that the log is older, even after a restore, but not if there is no data", () => {
    const younger = { ...mark, mark: "a9/back", version: "1.3.0+1.3.0", at: "2026-03-02T00:00:00.000Z" }
    const swapped = { inode: "9@1800", mark: younger }
    assert.strictEqual(kindOf(state, world({ volumes: [volume(swapped)] })), "log-behind")
    assert.strictEqual(kindOf(state, world({ volumes: [volume({ ...swapped, held: false })] })), "data-missing")
  })
  it("means that the data is older if the log continues after it", () => {
    const later = given([...installed()], "a2", state)
    assert.strictEqual(kindOf(later, world({ volumes: [volume()] })), "data-missing")
  })
  it("means that the log is older, whatever the clock showed when the data was marked", () => {
    const back = { ...mark, mark: "a9", at: "2026-02-01T00:00:00.000Z" }
    assert.strictEqual(kindOf(state, world({ volumes: [volume({ mark: back })] })), "log-behind")
  })

  /** Verifies: LAW-2, LAW-15 */
  it("is not hidden by another missing volume, because the rest may be newer than the log", () => {
    const both = noted(undefined, [notedVolume(), notedVolume({ name: "shop_media", inode: "8@1700" })])
    const younger = { ...mark, mark: "a9", version: v2.version, at: "2026-03-02T00:00:00.000Z" }
    const left = volume({ name: "shop_media", inode: "8@1700", mark: younger })
    const seen = world({ present: false, services: [], volumes: [left] })
    const drift = driftOf(given(installed(both)), seen)
    assert.deepStrictEqual([drift?.kind, drift?.usedBy], ["data-missing", v2.version])
    const back = make("RollbackStarted", {
      ...{ attempted: v1, lastGood: v1, snapshot: "s1", by: "operator" as const, reason: "" },
      plan: ["stage", "undeploy", "restore", "deploy"]
    })
    assert.strictEqual(driftDuring(given([back], "a2", given(installed(both))), seen)?.kind, "data-missing")
  })

  it("is judged by the newest data, if another volume is older", () => {
    const both = noted(undefined, [notedVolume(), notedVolume({ name: "shop_media", inode: "8@1700" })])
    const later = given(installed(both), "a2", given(installed(both)))
    const younger = { ...mark, mark: "a9", version: v2.version }
    const volumes = [volume(), volume({ name: "shop_media", inode: "8@1700", mark: younger })]
    assert.deepStrictEqual(driftOf(later, world({ volumes }))?.usedBy, v2.version)
  })

  /** Verifies: LAW-15 */
  it("is compared with restored data before a gate has passed", () => {
    const put = [
      make("RollbackStarted", {
        ...{ attempted: v1, lastGood: v1, snapshot: "s1", by: "operator" as const, reason: "" },
        plan: ["restore", "deploy", "health", "conclude"]
      }),
      make("StepStarted", { step: "restore", try: 1 }),
      make("SnapshotRestored", { snapshot: "s1", version: v1.version, volumes: ["shop_data"], quietMs: 0 }),
      noted([], [notedVolume({ inode: "9@1800" })])
    ]
    const own = { ...mark, mark: "a2/back" }
    const restored = given(put, "a2", state)
    assert.isNull(restored.noted?.services)
    const seen = (over: Partial<SeenVolume>) =>
      world({ present: false, services: [], volumes: [volume({ inode: "9@1800", mark: own, ...over })] })
    assert.strictEqual(driftDuring(restored, seen({})), null)
    assert.strictEqual(driftDuring(restored, seen({ held: false }))?.kind, "data-missing")
    assert.strictEqual(driftDuring(restored, seen({ inode: "10@1900" }))?.kind, "data-missing")
  })
  it("is not missing data if the log never marked any", () => {
    const plan = ["check", "commit"]
    const failed = given([
      make("SnapshotAttempted", { of: v1, purpose: "promote", snapshot: "s4", plan }),
      make("StepStarted", { step: "check", try: 1 }),
      make("HealthFailed", { version: v1.version, tookMs: 0, reason: "503", checks: [] }),
      make("AttemptEnded", { outcome: "failed", why: "" })
    ])
    const older = { ...mark, mark: "a0", at: "2026-02-01T00:00:00.000Z" }
    assert.strictEqual(kindOf(failed, world({ volumes: [volume({ mark: older })] })), "log-behind")
  })
  it("needs promote if a running app is not in the log", () => {
    assert.strictEqual(kindOf(given([]), world()), "none")
    assert.strictEqual(kindOf(given([]), world({ present: false, services: [] })), "log-behind")
  })
})

/** Verifies: LAW-16 */
describe("observed services", () => {
  const state = given(installed())
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<SeenService>, boolean]> = [
    ["as it was noted agrees", [service()], false],
    ["under another version's label", [service({ version: v2.version, commit: v2.commit })], true],
    ["of another commit of the same version", [service({ commit: "other" })], true],
    ["without labels was deployed by somebody else", [service({ version: null, commit: null })], true],
    ["with another image", [service({ image: "web:2" })], true],
    ["with another image under the same tag", [service({ digest: "sha256:2" })], true],
    ["with another configuration", [service({ config: "1.k.c2" })], true],
    ["with other replicas", [service({ replicas: 0 })], true],
    ["with a service more", [service(), service({ name: "shell" })], true],
    ["with a service less", [], true],
    ["restarted agrees", [service({ since: "2026-03-05T00:00:00.000Z" })], false]
  ]
  for (const [what, services, differs] of cases) {
    it(what, () => assert.strictEqual(kindOf(state, world({ services })), differs ? "drift" : "none"))
  }

  it("without containers are reported as gone, unless they were jobs", () => {
    const gone = service({ name: "job", image: null, digest: null, config: null, since: null })
    const of = (ran: boolean) => given(installed(noted([notedService(), notedService({ name: "job", ran })])))
    assert.deepStrictEqual(driftOf(of(true), world({ services: [service(), gone] }))?.what, ["job is gone"])
    assert.isNull(driftOf(of(false), world({ services: [service(), gone] })))
  })

  it("are compared by labels only between a deploy and its passed gate", () => {
    const deployed = given([make("Deployed", { ...v1, services: [], tookMs: 0 })], "a2", state)
    assert.strictEqual(kindOf(deployed, world({ services: [service({ config: "1.k.c2" })] })), "none")
  })

  it("may lack labels if the running app was adopted", () => {
    const adopted = given([
      noted([notedService({ labelled: false })]),
      make("SnapshotPromoted", { ...v1, snapshot: null })
    ])
    const bare = world({ services: [service({ version: null, commit: null })], volumes: [] })
    assert.strictEqual(
      kindOf({ ...adopted, noted: { services: adopted.noted?.services ?? [], volumes: [] } }, bare),
      "none"
    )
  })

  it("are not missed if they were jobs that had ended", () => {
    const withJob = given(installed(noted([notedService(), notedService({ name: "job", ran: false })])))
    assert.strictEqual(kindOf(withJob, world()), "none")
  })
})

/** Verifies: LAW-16 */
describe("an interrupted attempt", () => {
  const plan = ["undeploy", "snapshot", "deploy", "health", "commit"]
  const upgrading = given(
    [make("UpgradeAttempted", { from: v1, to: v2, trigger: "operator", snapshot: "s1", plan })],
    "a2",
    given(installed())
  )
  const of = (version: string) => service({ version, commit: ref(version).commit, config: "1.k.other" })

  it("may have left either version or none running", () => {
    for (const services of [
      [],
      [of(v1.version)],
      [of(v2.version)],
      [of(v1.version), { ...of(v2.version), name: "db" }]
    ]) {
      assert.strictEqual(driftDuring(upgrading, world({ services, present: services.length > 0 })), null)
    }
  })
  it("is not resumed over a third version or somebody else's deploy", () => {
    assert.strictEqual(driftDuring(upgrading, world({ services: [of("1.3.0+1.3.0")] }))?.kind, "drift")
    assert.strictEqual(
      driftDuring(upgrading, world({ services: [service({ version: null, config: "1.k.c9" })] }))?.kind,
      "drift"
    )
  })
  it("is not resumed if its deploy began after this log was written", () => {
    const own = { ...mark, mark: "a2", version: v2.version, at: "2026-03-02T00:00:00.000Z" }
    const seen = world({ services: [], present: false, volumes: [volume({ mark: own })] })
    const behind = driftDuring(upgrading, seen)
    assert.strictEqual(behind?.kind, "log-behind")
    assert.match(behind?.what[0] ?? "", /was last used by a later step of attempt a2 /)
    const begun = given([make("StepStarted", { step: "deploy", try: 1 })], "a2", upgrading)
    assert.strictEqual(driftDuring(begun, seen), null)
    assert.strictEqual(driftDuring(begun, world({ services: [], present: false })), null)
    // It had ended, and its rows are not this attempt's to take back.
    const ended = { ...own, mark: "a2/ended", at: "2026-03-02T00:01:00.000Z" }
    const over = world({ services: [], present: false, volumes: [volume({ mark: ended })] })
    assert.strictEqual(driftDuring(begun, over)?.kind, "log-behind")
    assert.match(driftDuring(begun, over)?.what[0] ?? "", /was used after attempt a2 /)
    const tidied = given([make("StepStarted", { step: "tidy", try: 1 })], "a2", begun)
    assert.strictEqual(driftDuring(tidied, over), null)
    assert.strictEqual(driftDuring(tidied, seen), null)
  })
})

describe("drift", () => {
  const up = { present: true, version: v1.version }
  const state = given(installed())
  const gone = driftOf(state, world({ volumes: [] }))

  /** Verifies: LAW-10, LAW-15, LAW-16 */
  it("is recorded once, with an alert, and its end is recorded once", () => {
    const first = driftEvents(state, gone, up, "x1")
    assert.deepStrictEqual(
      first.slice(0, 2).map(({ type }) => type),
      ["DriftDetected", "AlertRaised"]
    )
    const told = given(first, "", state)
    assert.deepStrictEqual(driftEvents(told, gone, up, "x2"), [])
    assert.include(
      driftEvents(told, null, up, "x3").map(({ type }) => type),
      "DriftResolved"
    )
    assert.deepStrictEqual(driftEvents(given(driftEvents(told, null, up, "x3"), "", told), null, up, "x4"), [])
  })
})

/** Verifies: LAW-15 */
describe("snapshots of other data", () => {
  const taken = (snapshot: string, version = v1) =>
    make("SnapshotTaken", { snapshot, ...version, volumes: [], bytes: 0, quietMs: 0 })
  const ids = (state: AppState) => [...descent(state)].sort()

  it("are neither counted nor removed after the data was given up", () => {
    const state = given([
      taken("s1"),
      taken("s2"),
      make("DataGivenUp", { what: [] }),
      taken("s3"),
      taken("s4"),
      taken("s5")
    ])
    assert.deepStrictEqual(ids(state), ["s3", "s4", "s5"])
    assert.deepStrictEqual(
      prunable(state, { keep: 2 }, 0).map(({ id }) => id),
      ["s3"]
    )
  })
  it("are those newer than the restored data", () => {
    const back = make("SnapshotRestored", { snapshot: "s1", version: v1.version, volumes: [], quietMs: 0 })
    const state = given([taken("s1"), taken("s2"), taken("s3"), back, taken("s4")])
    assert.deepStrictEqual(ids(state), ["s1", "s4"])
    assert.deepStrictEqual(
      prunable(state, { keep: 1 }, 0).map(({ id }) => id),
      ["s1"]
    )
  })
  it("are still recognized after one between them is removed", () => {
    const state = given([taken("s1"), taken("s2"), taken("s3"), make("SnapshotPruned", { snapshot: "s2", reason: "" })])
    assert.deepStrictEqual(ids(state), ["s1", "s3"])
  })
})
