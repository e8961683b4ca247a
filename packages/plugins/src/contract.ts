/**
 * What every plugin must keep to, tried out: `lastgood plugin test` runs it, and so may a plugin's own tests. Code of the
 * plugin is really called, against an app of which nothing runs: what it then says does not matter, that it ends in time
 * does. Effects are left to whoever runs them; nothing of this touches an app.
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
  /** Empty where there is nothing to do. */
  readonly next: string
}

const good = (what: string, seen: string): Kept => ({ what, ok: true, seen, next: "" })
const bad = (what: string, seen: string, next: string): Kept => ({ what, ok: false, seen, next })

/** The runtime of an app of which nothing runs. */
const nothingRuns = (app: EffectiveApp): Runtime => {
  const failed = new RuntimeFailed({ app: app.name, operation: "exec", reason: "nothing of it runs", next: "" })
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
 * A check that passes where nothing runs would let every upgrade through. What is asked by address may be answered all
 * the same, by an app that runs there.
 */
const lookAt = Effect.fnUntraced(function* (app: EffectiveApp, check: Check, live: boolean) {
  const what = `check ${check.name}`
  const { ok, seen } = yield* (yield* HealthGate).runCheck(app, nothingRuns(app), check)
  if (!ok) return good(what, `ends, and fails where nothing runs: ${seen}`)
  if (live || asksAddress(check)) return good(what, `ends; something answers there: ${seen}`)
  return bad(
    what,
    `it passes though nothing runs (${seen})`,
    "let it ask something that only the running app can answer"
  )
})

const strength = ({ gate }: EffectiveApp): Kept =>
  gate.checks.some(asksApp)
    ? good("health", `${gate.checks.length} of its checks ask the app itself or the engine`)
    : bad("health", "nothing asks the app itself", `add an ${orList([...appKinds, "own"])} check to \`health\``)

/** Names that a volume may hold; a filter that drops all of them drops everything. */
const names = ["data", "data.db", "app/data.db", "a/b/c/d", "config.php", ".hidden", "uploads/2026/x.jpg", "cache/x"]

const filters = ({ snapshot }: EffectiveApp): ReadonlyArray<Kept> =>
  Object.entries(snapshot.filters).map(([volume, filter]) => {
    const what = `volume ${volume}`
    return filter.include.length > 0 || names.some((name) => keeps(filter, Buffer.from(name)))
      ? good(what, "its filter keeps data")
      : bad(what, "its filter drops everything", `exclude less of ${volume}: what is excluded is lost in a rollback`)
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
    ? good(what, `ends; where nothing runs it throws: ${ran.failure}`)
    : bad(what, ran.failure, "let it give up by itself, or give it a longer timeout")
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
 * @param live the app is a real one, which may run: its gates and hooks, which may change it, are not called.
 */
export const contract = Effect.fn("Contract.check")(function* (app: EffectiveApp, live = false) {
  const looks = yield* Effect.forEach(app.gate.checks, (check) => lookAt(app, check, live))
  return [strength(app), ...looks, ...filters(app), ...(live ? [] : yield* code(app))]
})
