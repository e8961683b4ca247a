/** given(events) → state; the shortest way to say which history a decision is made on. */

import { forwardOf, fromOf, targetOf } from "../../src/domain/Attempt.ts"
import { advance } from "../../src/domain/advance.ts"
import type { Advance, Candidate, Command, UpgradeCommand } from "../../src/domain/Decision.ts"
import { type DataOf, type Event, type EventType, make } from "../../src/domain/Event.ts"
import { evolve, fold } from "../../src/domain/evolve.ts"
import { performed } from "../../src/domain/Plan.ts"
import type { Ref } from "../../src/domain/Ref.ts"
import { type AppState, initialStateOf } from "../../src/domain/State.ts"
import { iso } from "../../src/domain/time.ts"

export const now = Date.parse("2026-03-01T03:00:00.000Z")
export const day = 24 * 60 * 60 * 1000

export const ref = (version: string): Ref => ({ version, commit: `c-${version}` })
export const offer = (version: string, at = now - 30 * day): Candidate => ({ ...ref(version), at })

export const v1 = ref("1.0.0+1.0.0")
export const v2 = ref("1.1.0+1.1.0")

export const given = (events: ReadonlyArray<Event>, attempt = "a1", from: AppState = initialStateOf("web")): AppState =>
  fold(
    events.map((event, i) => ({ version: from.version + i + 1, at: iso(now + i), attempt, event })),
    from
  )

export const adopted = (version: Ref = v1): ReadonlyArray<Event> => [
  make("SnapshotPromoted", { ...version, snapshot: null })
]

export const upgradeCommand = (over: Partial<UpgradeCommand> = {}): UpgradeCommand => ({
  _tag: "Upgrade",
  id: "0199-attempt",
  now,
  trigger: "operator",
  policy: "minor",
  minimumAgeMs: 0,
  windows: [],
  others: [],
  to: null,
  offers: [offer(v1.version), offer(v2.version)],
  observed: { present: true, converged: true, version: null, holdsData: true, drift: null },
  hazards: [],
  gates: [],
  note: null,
  acceptedNotes: [],
  ...over
})

export const tryCommand = (over: Partial<Extract<Command, { _tag: "Try" }>> = {}): Command => ({
  _tag: "Try",
  id: "0199-attempt",
  now,
  to: ref("4d81b7c09e2f"),
  program: "npm",
  observed: { present: true, converged: true, version: null, holdsData: true, drift: null },
  hazards: [],
  ...over
})

export const commandEnded = (code: number): Event =>
  make("CommandEnded", {
    ...{ ok: code === 0, code, signal: null, timedOut: false, tookMs: 0 },
    ...{ reason: code === 0 ? "" : `npm ended with code ${code}`, output: "" }
  })

/** The evidence that a step gives when it works. */
export const evidence = (step: string, state: AppState): Event => {
  const a = state.attempt
  const target = (a === null ? null : targetOf(a)) ?? v1
  const snapshot = a === null ? "" : (a.snapshot ?? forwardOf(a)?.snapshot ?? "")
  switch (step) {
    case "prefetch":
      return make("Prefetched", { ...target, images: [], volumes: [], needBytes: 0, freeBytes: 0 })
    case "undeploy":
      return make("Undeployed", { removed: [], quietAfterMs: 0 })
    case "snapshot":
      return make("SnapshotTaken", {
        snapshot,
        ...((a === null ? null : fromOf(a)) ?? v1),
        // Of an app with one volume.
        volumes: a?.direction === "forward" && a.kind === "remove" ? [{ name: "data", bytes: 0, crc: "" }] : [],
        bytes: 0,
        quietMs: 0
      })
    case "deploy":
      return make("Deployed", { ...target, services: [], tookMs: 0 })
    case "check":
    case "health":
      return make("HealthPassed", { version: target.version, tookMs: 0, checks: [] })
    case "command":
      return commandEnded(0)
    case "stage":
      return make("SnapshotStaged", { snapshot, volumes: [], tookMs: 0 })
    case "restore":
      return make("SnapshotRestored", { snapshot, version: target.version, volumes: [], quietMs: 0 })
    case "seal":
      return make("SnapshotVerified", { snapshot, ok: true, problems: [], volumes: [] })
    case "erase":
      return make("DataRemoved", { volumes: ["data"] })
    default:
      return make("StepDone", { step })
  }
}

/** The evidence that a step gives when it does not. */
export const failure = (step: string): Event => {
  if (step === "health" || step === "check")
    return make("HealthFailed", { version: "", tookMs: 0, reason: "503", checks: [] })
  if (step === "command") return commandEnded(1)
  if (step === "deploy") return make("DeployFailed", { ...v2, reason: "exit 1", next: "" })
  return make("StepFailed", { step, error: "Test", reason: "broken", next: "mend it" })
}

export interface Run {
  readonly state: AppState
  readonly performedSteps: ReadonlyArray<string>
  readonly events: ReadonlyArray<Event>
  readonly decision: Advance
}

/** Drives an attempt with `advance` as the engine does; `outcomes` says what a step does (default: it works). */
export const drive = (
  start: AppState,
  outcomes: (step: string, direction: string, nth: number) => boolean = () => true,
  fails: (step: string) => Event = failure
): Run => {
  let state = start
  const performedSteps: Array<string> = []
  const events: Array<Event> = []
  const put = (event: Event) => {
    events.push(event)
    state = evolve(state, { version: state.version + 1, at: iso(now), attempt: state.attempt?.id ?? "a1", event })
  }
  for (let i = 0; i < 200; i++) {
    const decision = advance(state, now)
    if (decision._tag === "Record") for (const event of decision.events) put(event)
    else if (decision._tag === "Perform") {
      put(decision.intent)
      const direction = state.attempt?.direction ?? ""
      performedSteps.push(`${direction}/${decision.step}`)
      const nth = performedSteps.filter((s) => s === `${direction}/${decision.step}`).length
      put(outcomes(decision.step, direction, nth) ? evidence(decision.step, state) : fails(decision.step))
    } else return { state, performedSteps, events, decision }
  }
  throw new Error(`the attempt does not end: ${performedSteps.slice(-10).join(" ")}`)
}

export const ofType = <T extends EventType>(events: ReadonlyArray<Event>, type: T): ReadonlyArray<DataOf<T>> =>
  events.flatMap((e) => (e.type === type ? [e.data as DataOf<T>] : []))

export const steps = Object.keys(performed)
