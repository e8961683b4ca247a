/** What every adapter makes of what it saw of an app's services. Pure. */
import type { ServiceInspection } from "./Runtime.ts"

/** A service of which no more is known than is given. */
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

/** The release that some services are, by what lastgood wrote on each. What they do not agree on is not known. */
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

/** ISO 8601 in UTC to the second, of what an engine wrote down; null: no time, or the zero that stands for none. */
export const isoSecond = (time: string | undefined): string | null => {
  const ms = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(ms) || ms <= 0 ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The newest of some times as `isoSecond` writes them. */
export const newest = (times: ReadonlyArray<string | null>): string | null =>
  times.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null)

/** What some instances have, once each: more than one where they differ. null: none. */
export const together = (seen: ReadonlyArray<string | undefined>): string | null => {
  const known = new Set(seen.flatMap((one) => (one === undefined || one === "" ? [] : [one])))
  return known.size === 0 ? null : [...known].toSorted().join(", ")
}

const worst = ["unhealthy", "starting", "healthy"] as const

/** What the HEALTHCHECKs of a service's instances say together. */
export const worstHealth = (seen: ReadonlyArray<string | undefined>): ServiceInspection["health"] =>
  worst.find((one) => seen.includes(one)) ?? null
