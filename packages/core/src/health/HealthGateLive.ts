/** Adapter: the health gate over real checks. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check, CheckKind } from "../domain/Check.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import * as Convergence from "./ConvergenceCheck.ts"
import { HealthGate, type Look } from "./HealthGate.ts"
import { hold, lookOnce, type Probe } from "./hold.ts"
import type { LookAt } from "./Kind.ts"
import { kinds } from "./kinds.ts"
import * as PluginCheck from "./PluginCheck.ts"
import { oneLine } from "./problem.ts"
import { endedOf, type RestartWatch, watchRestarts } from "./restarts.ts"

const looks: { readonly [K in CheckKind]: { readonly look: LookAt<K> } } = { ...kinds, plugin: PluginCheck }

const lookAt = <K extends CheckKind>(app: EffectiveApp, runtime: Runtime, check: Check<K>): Effect.Effect<Look> =>
  looks[check.kind].look(check, app, runtime)

/** LAW-12: a check's name is often its URL, and names are evidence. */
const probeOf =
  (app: EffectiveApp, runtime: Runtime) =>
  (check: Check): Probe => ({
    name: oneLine(check.name),
    timeoutMs: check.timeoutMs,
    look: lookAt(app, runtime, check)
  })

const runtimeTimeoutMs = 30_000

const probesOf = (app: EffectiveApp, runtime: Runtime): ReadonlyArray<Probe> =>
  app.gate.checks.length > 0
    ? app.gate.checks.map(probeOf(app, runtime))
    : [{ name: Convergence.name, timeoutMs: runtimeTimeoutMs, look: Convergence.look(app, runtime) }]

/** What ended for good, or is started again and again; null: nothing is, or it cannot be said now. */
const lossOf = (app: EffectiveApp, runtime: Runtime, watch: RestartWatch): Effect.Effect<string | null> =>
  runtime.inspect(app).pipe(
    Effect.map(({ services }) => endedOf(services) ?? watch(services)),
    Effect.timeoutOrElse({ duration: runtimeTimeoutMs, orElse: () => Effect.succeed(null) }),
    Effect.catch(() => Effect.succeed(null)),
    Effect.catchDefect(() => Effect.succeed(null))
  )

export const layer: Layer.Layer<HealthGate> = Layer.succeed(
  HealthGate,
  HealthGate.of({
    run: (app, runtime, spentMs = 0) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        hold(app.gate, probesOf(app, runtime), lossOf(app, runtime, watchRestarts(now - spentMs)))
      ),
    look: (app, runtime, check) => lookOnce(probeOf(app, runtime)(check), check.timeoutMs)
  })
)
