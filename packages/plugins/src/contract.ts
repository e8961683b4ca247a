/**
 * Tests the rules for every plugin. `lastgood plugin test` runs it, and a plugin's own tests may. It calls the plugin's code
 * for an app that is not running: the results do not matter, but every call has to end in time. It touches no app.
 */
import type { EffectiveApp } from "@lastgood/core/domain/App"
import { appKinds, asksAddress, asksApp, type Check } from "@lastgood/core/domain/Check"
import { orList } from "@lastgood/core/domain/orList"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import { callInTime } from "@lastgood/core/plugin/callInside"
import { type Runtime, RuntimeFailed } from "@lastgood/core/runtime/Runtime"
import { keeps } from "@lastgood/core/snapshot/Filter"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

export interface Kept {
  readonly what: string
  readonly ok: boolean
  readonly seen: string
  /** Empty if there is nothing to do. */
  readonly next: string
}

const good = (what: string, seen: string): Kept => ({ what, ok: true, seen, next: "" })
const bad = (what: string, seen: string, next: string): Kept => ({ what, ok: false, seen, next })

/** The runtime of an app that is not running. */
const nothingRuns = (app: EffectiveApp): Runtime => {
  const failed = new RuntimeFailed({ app: app.name, operation: "exec", reason: "the app is not running", next: "" })
  const no = () => Effect.fail(failed)
  return {
    kind: app.runtime,
    labels: true,
    available: Effect.succeed({ version: "none" }),
    preflight: no,
    declared: no,
    prefetch: no,
    volumes: no,
    createVolume: no,
    removeVolume: no,
    inspect: no,
    undeploy: no,
    assertQuiet: no,
    deploy: no,
    exec: no,
    containerState: no,
    logs: no
  }
}

/**
 * A check that passes although the app is not running would pass every upgrade. A check of an address may pass, because
 * another app may answer there.
 */
const lookAt = Effect.fnUntraced(function* (app: EffectiveApp, check: Check, live: boolean) {
  const what = `check ${check.name}`
  const { ok, seen } = yield* (yield* HealthGate).runCheck(app, nothingRuns(app), check)
  if (!ok) return good(what, `ends, and fails while the app is stopped: ${seen}`)
  if (live || asksAddress(check)) return good(what, `ends; a program answers there: ${seen}`)
  return bad(
    what,
    `it passes although the app is not running (${seen})`,
    "make a request that only the running app can answer"
  )
})

const strength = ({ gate }: EffectiveApp): Kept =>
  gate.checks.some(asksApp)
    ? good("health", `checks that ask the app itself or the engine: ${gate.checks.length}`)
    : bad("health", "no check asks the app itself", `add an ${orList([...appKinds, "own"])} check to \`health\``)

/** Names that a volume may contain. A filter that excludes all of them excludes everything. */
const names = ["data", "data.db", "app/data.db", "a/b/c/d", "config.php", ".hidden", "uploads/2026/x.jpg", "cache/x"]

const filters = ({ snapshot }: EffectiveApp): ReadonlyArray<Kept> =>
  Object.entries(snapshot.filters).map(([volume, filter]) => {
    const what = `volume ${volume}`
    return filter.include.length > 0 || names.some((name) => keeps(filter, Buffer.from(name)))
      ? good(what, "its filter keeps data")
      : bad(what, "its filter excludes everything", `exclude less of ${volume}: a rollback loses excluded files`)
  })

const inTime = Effect.fnUntraced(function* (
  what: string,
  limitMs: number,
  app: EffectiveApp,
  call: Parameters<typeof callInTime>[3]
) {
  const start = yield* Clock.currentTimeMillis
  const ran = yield* Effect.result(callInTime(app, nothingRuns(app), limitMs, call))
  const took = (yield* Clock.currentTimeMillis) - start
  if (ran._tag === "Success") return good(what, "ends")
  return took < limitMs
    ? good(what, `ends; while the app is stopped it throws: ${ran.failure}`)
    : bad(what, ran.failure, "end it earlier, or give it a longer timeout")
})

const from = { version: "1.0.0+1.0.0", commit: "0000000" }
const to = { version: "1.1.0+1.1.0", commit: "1111111" }

const code = Effect.fnUntraced(function* (app: EffectiveApp) {
  const { gates = [], hooks = [] } = app.extension ?? {}
  const gated = yield* Effect.forEach(gates, ({ ask, name, timeoutMs }) =>
    inTime(`gate ${name}`, timeoutMs, app, (inside) => ask({ ...inside, from, to, trigger: "operator" }))
  )
  const hooked = yield* Effect.forEach(hooks, ({ run, step, timeoutMs, when }) =>
    inTime(`hook ${when} ${step}`, timeoutMs, app, (inside) =>
      run({
        ...inside,
        from,
        to,
        attempt: "00000000-0000-7000-8000-000000000000",
        kind: "upgrade",
        direction: "forward"
      })
    )
  )
  return [...gated, ...hooked]
})

/**
 * @param app an app that the plugin was applied to (`tryPlugin`, `applyPlugin`).
 * @param live true: the app is a real one. Its gates and hooks are not called, because they may change it.
 */
export const contract = Effect.fn("Contract.check")(function* (app: EffectiveApp, live = false) {
  const looks = yield* Effect.forEach(app.gate.checks, (check) => lookAt(app, check, live))
  return [strength(app), ...looks, ...filters(app), ...(live ? [] : yield* code(app))]
})
