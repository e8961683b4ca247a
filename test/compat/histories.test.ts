/**
 * Histories that released lastgoods recorded, one of each kind of attempt (`test/histories`). Whatever event an older
 * lastgood was cut off at, today's folds what there is and brings the attempt to an end: the plan is in the log.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { forwardOf, fromOf, toOf } from "@lastgood/core/domain/Attempt"
import type { Command } from "@lastgood/core/domain/Decision"
import { decide } from "@lastgood/core/domain/decide"
import { isUnknown } from "@lastgood/core/domain/Event"
import { fold, type Recorded } from "@lastgood/core/domain/evolve"
import { initialStateOf } from "@lastgood/core/domain/State"
import { statusOf } from "@lastgood/core/domain/status"
import { isTry } from "@lastgood/core/domain/trying"
import { decodeResult } from "@lastgood/core/log/Codec"
import { parseEvent, parseHeader } from "@lastgood/core/log/ExportFormat"
import { toEnvelope, verifyChain } from "@lastgood/core/log/HashChain"
import * as Result from "effect/Result"
import { drive, now, ofType } from "../../packages/core/test/domain/given.ts"

const folder = join(import.meta.dirname, "../histories")
const files = readdirSync(folder).filter((file) => file.endsWith(".jsonl"))

const load = (file: string) => {
  const [first = "", ...lines] = readFileSync(join(folder, file), "utf8").trimEnd().split("\n")
  const { head } = Result.getOrThrow(parseHeader(first))
  const stored = lines.map((line) => Result.getOrThrow(parseEvent(line)))
  assert.deepStrictEqual(verifyChain(stored, head), { head, problems: [] })
  return stored.map((event): Recorded => {
    const envelope = toEnvelope(event)
    const decoded = Result.getOrThrow(decodeResult(envelope))
    assert.isFalse(isUnknown(decoded), `${event.type} v${event.v} is known`)
    return { version: envelope.version, at: envelope.at, attempt: envelope.attempt, event: decoded }
  })
}

/**
 * What an attempt came to and its alert are appended together: no lastgood was ever cut off between them. The fold has
 * to take it all the same.
 */
const cutsABatch = (recorded: ReadonlyArray<Recorded>, cut: number): boolean =>
  ["RolledBack", "RollbackFailed"].includes(recorded[cut - 1]?.event.type ?? "")

const asked = { id: "0199-attempt", now }
const observed = { present: true, converged: true, version: null, holdsData: true, drift: null }
const commands = (version: string): ReadonlyArray<Command> => {
  const of = { version, commit: `c-${version}` }
  return [
    {
      ...{ ...asked, _tag: "Upgrade", trigger: "operator", policy: "major", minimumAgeMs: 0, to: null, observed },
      ...{ windows: [], others: [] },
      ...{ offers: [{ ...of, at: 0 }], hazards: [], gates: [], note: null, acceptedNotes: [] }
    },
    {
      ...asked,
      _tag: "Deploy",
      withoutVolumes: true,
      withoutData: false,
      envChanged: false,
      to: of,
      observed: { ...observed, present: false, converged: false },
      hazards: []
    },
    { ...asked, _tag: "Snapshot", observed, hazards: [] },
    { ...asked, _tag: "Promote", of, observed, capture: true, teardown: false, withoutData: false, hazards: [] },
    { ...asked, _tag: "Promote", of, observed, capture: true, teardown: true, withoutData: false, hazards: [] },
    { ...asked, _tag: "Try", to: of, program: "true", observed, hazards: [] },
    { ...asked, _tag: "Rollback", snapshot: null, hazards: [] },
    { ...asked, _tag: "Restore", snapshot: null, hazards: [] },
    { ...asked, _tag: "Hold", reason: "x", until: null },
    { ...asked, _tag: "Release" },
    { ...asked, _tag: "Approve", to: of },
    { ...asked, _tag: "Withdraw", version },
    { ...asked, _tag: "Retry", version: null }
  ]
}

/** Verifies: LAW-2, LAW-6, LAW-10 */
describe.each(files)("the history %s", (file) => {
  const recorded = load(file)
  const cuts = Array.from({ length: recorded.length + 1 }, (_, cut) => cut)

  it("can be folded up to each event, and answers every command there", () => {
    for (const cut of cuts) {
      const state = fold(recorded.slice(0, cut), initialStateOf("web"))
      assert.strictEqual(state.version, cut)
      statusOf("web", state, now)
      if (state.attempt !== null) continue
      for (const command of commands("9.0.0+9.0.0")) {
        const decision = decide(state, command)
        if (decision._tag !== "Begin") continue
        const begun = decision.events.map((event, i) => ({ version: cut + i + 1, at: "2026", attempt: "a", event }))
        assert.isNull(drive(fold(begun, state)).state.attempt, `${command._tag} after ${cut}`)
      }
    }
  })

  it("can be finished from each event, whether the next steps succeed or fail", () => {
    for (const cut of cuts) {
      const state = fold(recorded.slice(0, cut), initialStateOf("web"))
      if (state.attempt === null) continue
      const steps = new Set(["", ...state.attempt.plan])
      for (const failing of steps) {
        const run = drive(state, (step) => step !== failing)
        const label = `cut at ${cut}, ${failing || "nothing"} fails`
        assert.strictEqual(run.decision._tag, "Nothing", label)
        assert.isNull(run.state.attempt, label)
        assert.isNotNull(run.state.lastOutcome, label)
        const outcome = run.state.lastOutcome?.outcome ?? ""
        if (failing === "") assert.include(["committed", "done", "recovered", "left-down", "unhealthy"], outcome, label)
        // That of a try is its answer.
        const alerted = ["unhealthy", "left-down", ...(isTry(state) ? [] : ["recovered"])]
        if (failing !== "" && !cutsABatch(recorded, cut) && alerted.includes(outcome)) {
          const told = [...recorded.slice(0, cut).map(({ event }) => event.type), ...run.events.map((e) => e.type)]
          assert.include(told, "AlertRaised", label)
        }
        // LAW-2: a rollback that deploys after the newer version began to run has restored the data first.
        const back = run.performedSteps.indexOf("back/deploy")
        const restored =
          ofType(run.events, "SnapshotRestored").length > 0 ||
          recorded.slice(0, cut).some(({ event }) => event.type === "SnapshotRestored")
        const begunBefore =
          forwardOf(state.attempt)?.deployBegun === true || run.performedSteps.indexOf("forward/deploy") !== -1
        const same = fromOf(state.attempt)?.version === toOf(state.attempt)?.version
        if (back !== -1 && begunBefore && !same) assert.isTrue(restored, label)
      }
    }
  })

  it("ends as recorded, with nothing in flight", () => {
    const state = fold(recorded, initialStateOf("web"))
    assert.isNull(state.attempt)
    assert.isNotNull(state.lastOutcome)
  })
})

it("has a history of each kind of attempt", () => {
  const kinds = ["deploy", "left-down", "promote", "recovered", "restore", "rollback", "snapshot", "try", "upgrade"]
  assert.includeMembers(
    files.map((file) => file.replace(/\.jsonl$/, "")),
    kinds
  )
})
