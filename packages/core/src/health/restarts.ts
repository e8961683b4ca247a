/** What of an app does not come up any more, by what its runtime says of each service. */
import type { ServiceInspection } from "../runtime/Runtime.ts"

type Service = Pick<ServiceInspection, "name" | "dead" | "restarts" | "since">

/** One restart is a slow start: the database was not there yet. Two are a loop. */
export const restartsToGiveUp = 2

/** `web ended, and nothing starts it again`; null: nothing has. */
export const endedOf = (services: ReadonlyArray<Service>): string | null => {
  const names = services.filter(({ dead }) => dead === true).map(({ name }) => name)
  return names.length === 0
    ? null
    : `${names.join(" and ")} ended, and nothing starts ${names.length > 1 ? "them" : "it"} again`
}

export type RestartWatch = (services: ReadonlyArray<Service>) => string | null

/** Engines tell times to the second. */
const secondMs = 1000

/**
 * Counts restarts since a deploy. What a service that runs since before it had counted by then is of before.
 *
 * @param deployedAt epoch milliseconds.
 * @returns asked again and again with what is there now: the services that are started again and again; null: none is.
 */
export const watchRestarts = (deployedAt: number): RestartWatch => {
  const before = new Map<string, number>()
  return (services) => {
    const looping = services.flatMap(({ name, restarts, since }) => {
      const isOlder = since !== null && Date.parse(since) + secondMs < deployedAt
      if (!before.has(name)) before.set(name, isOlder ? restarts : 0)
      const times = restarts - (before.get(name) ?? 0)
      return times < restartsToGiveUp ? [] : [`${name} was started again ${times} times since the deploy`]
    })
    return looping.length === 0 ? null : looping.join("; ")
  }
}
