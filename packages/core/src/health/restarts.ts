/** Detects services that do not come up any more, from what the runtime reports about each. */
import { isRestartLoop, restartsToGiveUp } from "../domain/restartLoop.ts"
import type { ServiceInspection } from "../runtime/Runtime.ts"

type Service = Pick<ServiceInspection, "name" | "dead" | "restarts" | "since">

/** `web ended, and nothing starts it again`; null: no service has ended. */
export const endedOf = (services: ReadonlyArray<Service>): string | null => {
  const names = services.filter(({ dead }) => dead === true).map(({ name }) => name)
  return names.length === 0
    ? null
    : `${names.join(" and ")} ended, and nothing restarts ${names.length > 1 ? "them" : "it"}`
}

/** What the restarts of an app's services say about it. null: nothing. */
export interface RestartsSeen {
  /** The services that restart again and again. */
  readonly loop: string | null
  /** Those that have just been restarted once more, and may be in a loop. */
  readonly unsettled: string | null
}

/** @param now epoch milliseconds. */
export type RestartWatch = (services: ReadonlyArray<Service>, now: number) => RestartsSeen

/** Engines report times with a precision of a second. */
const secondMs = 1000

const told = (services: ReadonlyArray<{ readonly name: string; readonly times: number }>): string | null =>
  services.length === 0
    ? null
    : services.map(({ name, times }) => `${name} was restarted ${times} times since the deploy`).join("; ")

/**
 * Counts restarts since a deploy. Restarts that a service had counted before the deploy are ignored.
 *
 * @param begunAt start of the deploy, in epoch milliseconds.
 * @param stableForMs how long a service must run after its restarts until it may count as settled.
 */
export const watchRestarts = (begunAt: number, stableForMs: number): RestartWatch => {
  const before = new Map<string, number>()
  return (services, now) => {
    const seen = services.map(({ name, restarts, since }) => {
      const runsSince = since === null ? null : Date.parse(since)
      const isOlder = runsSince !== null && runsSince + secondMs < begunAt
      if (!before.has(name)) before.set(name, isOlder ? restarts : 0)
      return { name, times: restarts - (before.get(name) ?? 0), since: runsSince }
    })
    const isLooping = (one: (typeof seen)[number]) => isRestartLoop({ ...one, begunAt, now })
    const isUnsettled = ({ since, times }: (typeof seen)[number]) =>
      times >= restartsToGiveUp && (since === null || now - since < stableForMs + secondMs)
    return { loop: told(seen.filter(isLooping)), unsettled: told(seen.filter(isUnsettled)) }
  }
}
