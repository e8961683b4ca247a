/** Gates of an app's plugin, called while the app runs. A broken gate refuses the upgrade too, to be safe. */
import * as Effect from "effect/Effect"
import type { EffectiveApp } from "../domain/App.ts"
import type { Refusal } from "../domain/Decision.ts"
import type { Move, PluginGate } from "../domain/Extension.ts"
import { callInTime, textReturned } from "../plugin/callInside.ts"
import type { Runtime } from "../runtime/Runtime.ts"

/** Why the gate refuses the upgrade; null: it does not. `broken`: the gate itself has to be corrected. */
const answerOf = (
  app: EffectiveApp,
  value: unknown
): { readonly reason: string; readonly next: string; readonly broken: boolean } | null => {
  const nothing = "wait until the gate allows the upgrade"
  if (value === undefined || value === null || value === "") return null
  if (typeof value === "string") return { reason: textReturned(app, value), next: nothing, broken: false }
  if (typeof value === "object" && "reason" in value && typeof value.reason === "string") {
    const next = "next" in value ? textReturned(app, value.next) : ""
    return { reason: textReturned(app, value.reason), next: next || nothing, broken: false }
  }
  const reason = "it returned a value that is not nothing, a text or `{ reason, next }`"
  return { reason, next: "correct the plugin", broken: true }
}

const ask = Effect.fnUntraced(function* (
  app: EffectiveApp,
  runtime: Runtime,
  gate: PluginGate,
  move: Move & { readonly trigger: "operator" | "reconciler" }
) {
  const answer = yield* Effect.result(
    callInTime(app, runtime, gate.timeoutMs, (inside) => gate.ask({ ...inside, ...move }))
  )
  const broken = { next: "correct the plugin, or the problem that it names", broken: true }
  return answer._tag === "Success"
    ? answerOf(app, answer.success)
    : { reason: `the gate of the plugin ${app.extension?.plugin ?? ""} failed: ${answer.failure}`, ...broken }
})

/** Calls the gates in the order of the plugin, up to the first that refuses. */
export const gatesOf = Effect.fn("Engine.gatesOf")(function* (
  app: EffectiveApp,
  runtime: Runtime,
  move: Move & { readonly trigger: "operator" | "reconciler" }
) {
  for (const gate of app.extension?.gates ?? []) {
    const answer = yield* ask(app, runtime, gate, move)
    if (answer === null) continue
    const refusal: Refusal = { gate: `plugin:${gate.name}`, reason: answer.reason, next: answer.next }
    return answer.broken ? { hazards: [refusal], gates: [] } : { hazards: [], gates: [refusal] }
  }
  return { hazards: [], gates: [] }
})
