/** The gates and hooks of a plugin, bound to one app. Pure. */
import type { Extension, HookMoment, PluginGate, PluginHook } from "../domain/Extension.ts"
import { isPerformed } from "../domain/Plan.ts"
import type { PluginApp } from "./definePlugin.ts"
import type { Code, LoadedPlugin } from "./LoadedPlugin.ts"

const gateMs = 10_000
const hookMs = 30_000

type Given = Code | { readonly run: Code; readonly timeout: number }

const codeOf = (given: Given, byDefaultMs: number) =>
  typeof given === "function" ? { run: given, timeoutMs: byDefaultMs } : { run: given.run, timeoutMs: given.timeout }

/** @param secrets the secrets in the app's settings, which must not appear in any output. */
export const extensionOf = (
  { code, entry, shape }: LoadedPlugin,
  app: PluginApp<unknown>,
  secrets: ReadonlyArray<string>
): Extension => {
  const gates = Object.entries(shape.gates ?? {}).map(([name, given]): PluginGate => {
    const { run, timeoutMs } = codeOf(given, gateMs)
    return { name, timeoutMs, ask: (asked) => run({ ...asked, app }) }
  })
  const hooks = (["before", "after"] as const).flatMap((when: HookMoment) =>
    Object.entries(shape.hooks?.[when] ?? {}).flatMap(([step, given]): ReadonlyArray<PluginHook> => {
      if (!isPerformed(step)) return []
      const { run, timeoutMs } = codeOf(given, hookMs)
      return [{ step, when, timeoutMs, run: (told) => run({ ...told, app }) }]
    })
  )
  const home = code.homeOf(app.name)
  return { plugin: entry, gates, hooks, secrets, ...(home === null ? {} : { home }) }
}
