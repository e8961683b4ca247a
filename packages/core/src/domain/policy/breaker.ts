/**
 * The breaker of a host: several automatic upgrades in a row that were rolled back, of any apps, have a cause that is not
 * in one version (a full disk, a broken network or engine). Further automatic upgrades would only add downtime. Pure.
 */
import { unresolvedAlerts } from "../alerts.ts"
import type { Refusal } from "../Decision.ts"
import { type Event, make } from "../Event.ts"
import { advise, nextText } from "../Next.ts"
import type { AppState } from "../State.ts"

/** An automatic upgrade that was rolled back. */
export interface Rollback {
  readonly app: string
  readonly version: string
  readonly at: string
}

/** The rollbacks that opened the breaker, oldest first. */
export type Breaker = readonly [Rollback, ...Array<Rollback>]

/**
 * @param apps the states of all apps of the host.
 * @param closedAt when an operator last closed it.
 * @param limit how many rollbacks in a row open it; null: it never opens.
 * @returns null: it is closed.
 */
export const breakerOf = (
  apps: ReadonlyArray<Pick<AppState, "app" | "rollbacks" | "upgradedAt">>,
  closedAt: string | null,
  limit: number | null
): Breaker | null => {
  const since = [closedAt ?? "", ...apps.map(({ upgradedAt }) => upgradedAt ?? "")].toSorted().at(-1) ?? ""
  const [first, ...rest] = apps
    .flatMap(({ app, rollbacks }) => rollbacks.map((one) => ({ app, ...one })))
    .filter(({ at }) => at > since)
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
  return limit === null || first === undefined || rest.length + 1 < limit ? null : [first, ...rest]
}

const reasonOf = (breaker: Breaker): string =>
  `the last ${breaker.length} automatic upgrades on this host were rolled back (${breaker.map(({ app, version }) => `${app} ${version}`).join(", ")})`

const next = advise`find what they have in common (disk, network, engine), then ${{ do: "Release", host: true }}, or upgrade an app yourself: a committed upgrade closes the breaker as well`

export const refusedByBreaker = (breaker: Breaker): Refusal => ({ gate: "breaker", reason: reasonOf(breaker), next })

/** The subject of the alert that the breaker raises. */
export const breakerSubject = "refused:breaker"

export const hasBreakerAlert = (host: AppState): boolean => unresolvedAlerts(host, [breakerSubject]).length > 0

const resolved = (host: AppState, by: string): ReadonlyArray<Event> =>
  unresolvedAlerts(host, [breakerSubject]).map(({ id }) => make("AlertResolved", { alert: id, by }))

type Recorded = readonly [Event, ...Array<Event>]

const orNull = ([first, ...rest]: ReadonlyArray<Event>): Recorded | null =>
  first === undefined ? null : [first, ...rest]

/** Raises one alert when the breaker opens, and resolves it when it closes. @param at ISO 8601. */
export const breakerEvents = (host: AppState, breaker: Breaker | null, at: string): Recorded | null => {
  if (breaker === null) return orNull(resolved(host, "an upgrade was committed, or an operator closed the breaker"))
  if (hasBreakerAlert(host)) return null
  const alert = make("AlertRaised", {
    ...{
      alert: `${at}-breaker`,
      subject: breakerSubject,
      outcome: "refused",
      attempted: null,
      lastGood: null,
      recovered: true
    },
    why: `${reasonOf(breaker)}: the daemon upgrades no app until the breaker is closed, and goes on watching all of them`,
    next: nextText(null, next)
  })
  return [alert]
}

/** An operator closes the breaker. */
export const closeBreaker = (host: AppState): Recorded => [
  make("BreakerClosed", {}),
  ...resolved(host, "an operator closed the breaker")
]
