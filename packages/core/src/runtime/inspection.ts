/** Common parts of the adapters' `inspect`. Pure. */
import type { ServiceInspection } from "./Runtime.ts"

/** A service for which only the given properties are known. */
export const serviceSeen = (
  given: Pick<ServiceInspection, "name" | "state" | "ok"> & Partial<ServiceInspection>
): ServiceInspection => ({
  image: null,
  digest: null,
  version: null,
  commit: null,
  config: null,
  replicas: null,
  since: null,
  restarts: 0,
  health: null,
  ...given
})

type Release = Pick<ServiceInspection, "version" | "commit">

/** The release of some services, from what lastgood recorded on each. Properties in which they differ are unknown. */
export const commonRelease = (services: ReadonlyArray<Release>): Release & { readonly mixed: boolean } => {
  const [first, ...others] = services
  if (first === undefined) return { version: null, commit: null, mixed: false }
  const isSame = (key: keyof Release) => others.every((other) => other[key] === first[key])
  return {
    version: isSame("version") ? first.version : null,
    commit: isSame("commit") ? first.commit : null,
    mixed: !(isSame("version") && isSame("commit"))
  }
}

/** ISO 8601 in UTC to the second, from an engine's time; null: invalid, or the zero value. */
export const isoSecond = (time: string | undefined): string | null => {
  const ms = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(ms) || ms <= 0 ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The newest of some times in the format of `isoSecond`. */
export const newest = (times: ReadonlyArray<string | null>): string | null =>
  times.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null)

/** The distinct values of some instances, joined; null: none. */
export const together = (seen: ReadonlyArray<string | undefined>): string | null => {
  const known = new Set(seen.flatMap((one) => (one === undefined || one === "" ? [] : [one])))
  return known.size === 0 ? null : [...known].toSorted().join(", ")
}

const worst = ["unhealthy", "starting", "healthy"] as const

/** The worst HEALTHCHECK of a service's instances. */
export const worstHealth = (seen: ReadonlyArray<string | undefined>): ServiceInspection["health"] =>
  worst.find((one) => seen.includes(one)) ?? null
