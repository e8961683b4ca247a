/** Detects services that do not come up any more, from what the runtime reports about each. */
import type { ServiceInspection } from "../runtime/Runtime.ts"

type Service = Pick<ServiceInspection, "name" | "dead" | "restarts" | "since">

/** One restart can be a slow start, when the database was not ready yet. Two are a loop. */
export const restartsToGiveUp = 2

/** `web ended, and nothing starts it again`; null: no service has ended. */
export const endedOf = (services: ReadonlyArray<Service>): string | null => {
  const names = services.filter(({ dead }) => dead === true).map(({ name }) => name)
  return names.length === 0
    ? null
    : `${names.join(" and ")} ended, and nothing restarts ${names.length > 1 ? "them" : "it"}`
}

export type RestartWatch = (services: ReadonlyArray<Service>) => string | null

/** Engines report times with a precision of a second. */
const secondMs = 1000

/**
 * Counts restarts since a deploy. Restarts that a service had counted before the deploy are ignored.
 *
 * @param deployedAt epoch milliseconds.
 * @returns a function of the current services: those that restart again and again; null: none.
 */
export const watchRestarts = (deployedAt: number): RestartWatch => {
  const before = new Map<string, number>()
  return (services) => {
    const looping = services.flatMap(({ name, restarts, since }) => {
      const isOlder = since !== null && Date.parse(since) + secondMs < deployedAt
      if (!before.has(name)) before.set(name, isOlder ? restarts : 0)
      const times = restarts - (before.get(name) ?? 0)
      return times < restartsToGiveUp ? [] : [`${name} was restarted ${times} times since the deploy`]
    })
    return looping.length === 0 ? null : looping.join("; ")
  }
}
