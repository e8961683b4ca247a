/**
 * The processes of one plugin: one for each app that it serves, so that a crash affects that app alone, and one to describe
 * the plugin, which the first app takes over. A process starts when it is needed, unless another user could have written
 * the code since (LAW-17).
 */
import { faultText, remedyFor } from "../../disk/ownership.ts"
import { codeFault } from "../codeFault.ts"
import type { Ask } from "./Message.ts"
import { fault, PluginFault } from "./PluginFault.ts"
import { type PluginCall, type PluginProcess, startProcess } from "./PluginProcess.ts"

export interface PluginProcesses {
  /** @param app null: the call is not for one app. Rejects with a `PluginFault`. */
  readonly call: (app: string | null, ask: Ask, call: PluginCall) => Promise<unknown>
  /** Why the app's process ended since its last call; reported once, here or by the next call. */
  readonly brokeLater: (app: string | null) => string | null
  /** Ends all processes; calls fail from then on. */
  readonly end: () => void
}

/**
 * @param printed a line that the plugin printed.
 * @param died a process ended between calls. The next call of the same app fails because of it, so that a plugin that
 *   crashes later does not seem to work.
 */
export const makeProcesses = (
  file: string,
  printed: (line: string) => void,
  died: (app: string | null, reason: string) => void
): PluginProcesses => {
  const byApp = new Map<string | null, PluginProcess>()
  const broken = new Map<string | null, string>()
  let isOver = false

  const start = (app: string | null): PluginProcess => {
    const listener = {
      printed,
      died: (reason: string) => {
        const owner = [...byApp].find(([, one]) => one === started)?.[0] ?? app
        broken.set(owner, reason)
        died(owner, reason)
      }
    }
    const started = startProcess(file, listener)
    return started
  }
  const processFor = (app: string | null): PluginProcess | PluginFault => {
    const own = byApp.get(app)
    if (own !== undefined && !own.hasEnded()) return own
    const spare = byApp.get(null)
    const isSpare = app !== null && spare !== undefined && !spare.hasEnded()
    const untrusted = isSpare ? null : codeFault(file)
    if (untrusted !== null) return fault(`it is not used: ${faultText(untrusted)}; ${remedyFor(untrusted)}`)
    const taken = isSpare ? spare : start(app)
    if (taken === spare) byApp.delete(null)
    byApp.set(app, taken)
    return taken
  }

  const brokeLater = (app: string | null): string | null => {
    const reason = broken.get(app)
    broken.delete(app)
    return reason === undefined ? null : `its process (${file}) ended after an earlier call: ${reason}`
  }

  return {
    brokeLater,
    call: (app, ask, call) => {
      if (isOver) return Promise.reject(fault(`the plugin ${file} is no longer in use`))
      const before = brokeLater(app)
      if (before !== null) return Promise.reject(fault(before))
      const taken = processFor(app)
      return taken instanceof PluginFault ? Promise.reject(taken) : taken.call(ask, call)
    },
    end: () => {
      isOver = true
      for (const one of byApp.values()) one.end()
      byApp.clear()
    }
  }
}
