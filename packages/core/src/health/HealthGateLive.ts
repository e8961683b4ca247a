/** Adapter: the health gate over real checks. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { EffectiveApp } from "../domain/App.ts"
import type { Check, CheckKind } from "../domain/Check.ts"
import type { Runtime } from "../runtime/Runtime.ts"
import * as Convergence from "./ConvergenceCheck.ts"
import { checkName } from "./checkName.ts"
import { type GateStanding, type Probe, runGate, runOnce, unknownStanding } from "./gateLoop.ts"
import { type CheckResult, HealthGate } from "./HealthGate.ts"
import type { RunCheck } from "./Kind.ts"
import { kinds } from "./kinds.ts"
import * as PluginCheck from "./PluginCheck.ts"
import { endedOf, type RestartWatch, watchRestarts } from "./restarts.ts"

const runners: { readonly [K in CheckKind]: { readonly run: RunCheck<K> } } = { ...kinds, plugin: PluginCheck }

const runCheck = <K extends CheckKind>(
  app: EffectiveApp,
  runtime: Runtime,
  check: Check<K>
): Effect.Effect<CheckResult> => runners[check.kind].run(check, app, runtime)

const probeOf =
  (app: EffectiveApp, runtime: Runtime) =>
  (check: Check): Probe => ({
    name: checkName(check),
    timeoutMs: check.timeoutMs,
    run: runCheck(app, runtime, check)
  })

const runtimeTimeoutMs = 30_000

const probesOf = (app: EffectiveApp, runtime: Runtime): ReadonlyArray<Probe> =>
  app.gate.checks.length > 0
    ? app.gate.checks.map(probeOf(app, runtime))
    : [{ name: Convergence.name, timeoutMs: runtimeTimeoutMs, run: Convergence.run(app, runtime) }]

/** What the runtime reports about services that ended for good or restart. */
const standingOf = (app: EffectiveApp, runtime: Runtime, watch: RestartWatch): Effect.Effect<GateStanding> =>
  Effect.zipWith(runtime.inspect(app), Clock.currentTimeMillis, ({ services }, now): GateStanding => {
    const { loop, unsettled } = watch(services, now)
    return { lost: endedOf(services) ?? loop, unsettled }
  }).pipe(
    Effect.timeoutOrElse({ duration: runtimeTimeoutMs, orElse: () => Effect.succeed(unknownStanding) }),
    Effect.catch(() => Effect.succeed(unknownStanding)),
    Effect.catchDefect(() => Effect.succeed(unknownStanding))
  )

export const layer: Layer.Layer<HealthGate> = Layer.succeed(
  HealthGate,
  HealthGate.of({
    run: (app, runtime, spentMs = 0) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        runGate(
          app.gate,
          probesOf(app, runtime),
          standingOf(app, runtime, watchRestarts(now - spentMs, app.gate.stableForMs))
        )
      ),
    runCheck: (app, runtime, check) => runOnce(probeOf(app, runtime)(check), check.timeoutMs)
  })
)
