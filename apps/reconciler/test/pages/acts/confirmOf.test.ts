import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { fold } from "@lastgood/core/domain/evolve"
import { type AppState, initialStateOf } from "@lastgood/core/domain/State"
import { recordedOf } from "@lastgood/core/engine/Journal"
import { Envelope } from "@lastgood/core/log/EventStore"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ActName } from "../../../src/pages/acts/Act.ts"
import { confirmPage } from "../../../src/pages/acts/confirm.ts"
import { confirmOf } from "../../../src/pages/acts/confirmOf.ts"

const stateOf = (name: string) =>
  Effect.map(
    Effect.forEach(
      readFileSync(join(import.meta.dirname, `../../../../../test/histories/${name}.jsonl`), "utf8")
        .split("\n")
        .filter((line) => line.includes('"stream"')),
      (line) => Effect.flatMap(Schema.decodeUnknownEffect(Envelope)(JSON.parse(line)), recordedOf)
    ),
    (events) => fold(events, initialStateOf("demo"))
  )

const told = (name: ActName, state: AppState, subject = "") =>
  confirmOf({ act: { name, app: "demo", subject }, state, alerts: [], preview: null, asksNotes: false, now: 0 })

const pageOf = (name: ActName, state: AppState, subject = "") =>
  confirmPage({ ...told(name, state, subject), once: "n".repeat(24) }).markup

describe("the page before a rollback", () => {
  /** Verifies: LAW-2, LAW-3 */
  it.effect("names the snapshot that comes back, and its form asks for that one", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      const target = state.snapshots.findLast(({ version }) => version !== state.running?.version)
      const page = pageOf("rollback", state)
      assert.include(page, `name="snapshot" value="${target?.id}"`)
      for (const part of [target?.version, state.running?.version, "is set aside", "is quarantined"]) {
        assert.include(page, part ?? "none")
      }
      const { possible } = told("rollback", state)
      const steps = "plan" in possible ? (possible.plan?.steps ?? []) : []
      // The data is swapped before the old version starts.
      assert.isBelow(steps.indexOf("restore"), steps.indexOf("deploy"))
      assert.isBelow(steps.indexOf("stage"), steps.indexOf("restore"))
    })
  )

  it.effect("says why there is none, and has no form", () =>
    Effect.sync(() => {
      const page = pageOf("rollback", initialStateOf("demo"))
      assert.include(page, "there is no snapshot of an earlier version")
      assert.notInclude(page, "<form")
    })
  )
})

describe("the page before a decision", () => {
  it.effect("is only for what can be decided now", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("recovered")
      const [bad] = state.quarantined
      assert.include(pageOf("retry", state, bad?.version), `name="version" value="${bad?.version}"`)
      assert.notInclude(pageOf("retry", state, "9.9.9"), "<form")
      assert.notInclude(pageOf("release", state), "<form")
      assert.include(pageOf("release", { ...state, held: { reason: "<b>", until: null } }), "It is on hold: &lt;b&gt;")
      assert.include(pageOf("hold", state), 'name="reason" required')
      assert.notInclude(pageOf("acknowledge", state), "<form")
    })
  )
})

describe("the page before a deploy or a promotion", () => {
  /** Verifies: LAW-15 */
  it.effect("asks for a word of its own if the data is missing, and else has no way to give data up", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      for (const name of ["deploy", "promote"] as const) {
        assert.notInclude(pageOf(name, state), "given-up")
        const missing = { kind: "data-missing" as const, what: ["the volume data is empty"], since: "", next: "" }
        const page = pageOf(name, { ...state, drift: missing } as AppState)
        assert.include(page, 'name="data" value="given-up" required')
        assert.include(page, "the volume data is empty")
      }
    })
  )

  it.effect("names the version of the data, whose deploy needs no snapshot; another one does", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      const own = state.data?.version ?? ""
      const steps = (subject: string) => {
        const { possible } = told("deploy", state, subject)
        return "plan" in possible ? possible.plan?.steps : null
      }
      assert.include(pageOf("deploy", state), `name="version" value="${own}"`)
      assert.notInclude(steps("") ?? [], "snapshot")
      assert.include(steps("9.9.9") ?? [], "snapshot")
      assert.notInclude(pageOf("deploy", initialStateOf("demo")), 'method="post"')
    })
  )
})

describe("the page before an app is stopped, started or removed", () => {
  const since = "2026-11-30T03:00:00.000Z"
  const downAs = (state: AppState, more: Partial<NonNullable<AppState["down"]>> = {}): AppState => ({
    ...state,
    running: null,
    down: { reason: `it was stopped by root at ${since}`, next: "lastgood start demo", asked: true, ...more }
  })
  const removedWith = (state: AppState, volumes: ReadonlyArray<string>): AppState => ({
    ...downAs(state, { reason: "it was removed", removed: { snapshot: "s9", volumes, erased: volumes.length > 0 } }),
    ...(volumes.length > 0 ? { data: null } : {})
  })

  it.effect("says that a stopped app stays down with its data, and offers that for an app that is up", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      const page = pageOf("stop", state)
      for (const part of [state.running?.version ?? "none", "until you start it again", "No snapshot is taken"]) {
        assert.include(page, part)
      }
      const down = pageOf("stop", downAs(state))
      assert.include(down, "it is already down")
      assert.notInclude(down, "<form")
      // Somebody else has started it.
      const drift = { kind: "drift" as const, what: ["it is running"], since, next: "" }
      assert.include(pageOf("stop", { ...downAs(state), drift }), "<form")
    })
  )

  /** Verifies: LAW-15 */
  it.effect("starts the version of the data, and nothing on data that is gone", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      assert.include(pageOf("start", downAs(state)), `Start ${state.data?.version}</button>`)
      const missing = { kind: "data-missing" as const, what: ["the volume data is empty"], since, next: "restore it" }
      const refused = pageOf("start", { ...downAs(state), drift: missing })
      assert.include(refused, "the volume data is empty")
      assert.notInclude(refused, "<form")
      assert.notInclude(pageOf("start", removedWith(state, ["data"])), "<form")
      assert.include(pageOf("start", removedWith(state, ["data"])), "lastgood restore demo --snapshot s9")
    })
  )

  /** Verifies: LAW-3 */
  it.effect("takes a last snapshot before a removal, and deletes nothing", () =>
    Effect.gen(function* () {
      const state = yield* stateOf("upgrade")
      const page = pageOf("remove", state)
      for (const part of ["last snapshot", "for good", "Its data stays", "lastgood deploy demo"]) {
        assert.include(page, part)
      }
      const { possible } = told("remove", state)
      assert.deepStrictEqual("plan" in possible ? possible.plan?.steps : null, [
        "undeploy",
        "snapshot",
        "seal",
        "remove"
      ])
      assert.include(pageOf("remove", downAs(state)), "it is already down")
      assert.notInclude(pageOf("remove", removedWith(state, [])), "<form")
    })
  )

  it("is not possible for an app that was never deployed", () => {
    for (const name of ["stop", "start", "remove"] as const) {
      const page = pageOf(name, initialStateOf("demo"))
      assert.include(page, "it has not been deployed yet")
      assert.notInclude(page, "<form")
    }
  })
})

describe("the page before the breaker is closed", () => {
  it("has a button only while it is open", () => {
    const page = (state: AppState) =>
      confirmPage({
        ...confirmOf({
          ...{ act: { name: "release", app: "_host", subject: "" }, state, alerts: [] },
          ...{ preview: null, asksNotes: false, now: 0 }
        }),
        once: "n".repeat(24)
      }).markup
    assert.include(page(initialStateOf("_host")), "the breaker is closed")
    assert.notInclude(page(initialStateOf("_host")), "<form")
  })
})

describe("the page before an interruption", () => {
  it.effect("is only for the attempt in flight that it names", () =>
    Effect.gen(function* () {
      assert.include(pageOf("interrupt", yield* stateOf("upgrade"), "a1"), "not in flight any more")
    })
  )
})
