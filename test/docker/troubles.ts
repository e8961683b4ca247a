/** What a plugin's checks see of an app that runs. */
import { assert } from "@effect/vitest"
import type { App } from "@lastgood/core/domain/App"
import { withoutLabels } from "@lastgood/core/engine/effective"
import { HealthGate } from "@lastgood/core/health/HealthGate"
import * as HealthGateLive from "@lastgood/core/health/HealthGateLive"
import type { Plugin } from "@lastgood/core/plugin/definePlugin"
import type { Runtime } from "@lastgood/core/runtime/Runtime"
import { tryPlugin } from "@lastgood/plugins/testkit"
import * as Effect from "effect/Effect"

/** Every check of a plugin once: what the failed ones saw; nothing: the app is healthy. */
export const troubles = <Settings>(
  runtime: Runtime,
  over: Partial<App>,
  plugin: Plugin<Settings>,
  settings: Record<string, unknown>
) =>
  Effect.gen(function* () {
    const { app, refused } = tryPlugin(plugin, { ...over, stage: "configured" }, settings)
    if (app === null) return yield* Effect.die(new Error(refused ?? ""))
    const { checks } = app.gate
    assert.isAbove(checks.length, 0)
    const gate = yield* HealthGate
    const looks = yield* Effect.forEach(checks, (check) => gate.runCheck(withoutLabels(app), runtime, check))
    return looks.flatMap(({ ok, seen }) => (ok ? [] : [seen])).join("; ")
  }).pipe(Effect.provide(HealthGateLive.layer))
