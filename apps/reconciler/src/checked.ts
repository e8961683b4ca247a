/** Whether the health checks of the watch, which asks each app all the time, count for a look at it now. Pure. */
import type { ConfiguredApp } from "@lastgood/core/domain/App"
import { asksAddress, type Check } from "@lastgood/core/domain/Check"
import { isoMillis } from "@lastgood/core/domain/time"
import type { Look } from "@lastgood/core/engine/reading"
import { checkName } from "@lastgood/core/health/problem"
import type { Memory } from "./watch.ts"

/** Health checks that passed a moment ago. */
export interface Checked {
  /** Epoch milliseconds. */
  readonly at: number
  readonly checks: ReadonlyArray<{ readonly name: string; readonly ok: boolean; readonly seen: string }>
}

/** A check may wait for others of the host. */
const lateMs = 10_000

/** The time since when a service runs is known to a second or two. */
const startMs = 3000

/** Of checks that ask an address, which are data. */
const isSame = (one: Check, other: Check): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)

/**
 * Only passed checks count, as they are configured now, of the app as it runs now: an app that failed, has another event in
 * the log or was started since is asked again.
 *
 * @param memory of the watch over the app; null: it has not checked it.
 * @param now epoch milliseconds.
 * @returns null: ask the app itself.
 */
export const checkedIn = (
  memory: Pick<Memory, "app" | "passed" | "state"> | null,
  app: ConfiguredApp,
  { inspection, state }: Pick<Look, "inspection" | "state">,
  now: number
): Checked | null => {
  if (memory === null || memory.passed === null || memory.state.version !== state.version) return null
  const { at, checks } = memory.passed
  if (now < at || now - at > (memory.app.watchMs ?? 0) + lateMs) return null
  if (inspection.services.some(({ since }) => since !== null && isoMillis(since) > at - startMs)) return null
  const seenBy = new Map(checks.map(({ name, seen }) => [name, seen]))
  const asked = app.gate.checks.filter(asksAddress).map((check) => {
    const hasRun = memory.app.gate.checks.some((one) => isSame(one, check))
    const seen = hasRun ? seenBy.get(checkName(check)) : undefined
    return seen === undefined ? null : { name: check.name, ok: true, seen }
  })
  return asked.length > 0 && asked.every((one) => one !== null) ? { at, checks: asked } : null
}
