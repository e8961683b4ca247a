/**
 * Versions of recipes without tags: `7-4f2a91c+db=16.4,web=1.6.0`. The number gives the order, the id is the beginning of
 * the commit (of git, or a hash over files and images), then follows the known version of each service. The version source
 * assigns the number, because only it knows the order. Pure.
 *
 * `db.pg=16.4` is a service whose image is a PostgreSQL 16.
 */

export interface Revision {
  readonly number: number
  /** 7 to 12 hexadecimal digits. */
  readonly id: string
  /** The versions by service. */
  readonly services: ReadonlyMap<string, string>
}

const shape = /^(?<number>[1-9]\d{0,14})-(?<id>[0-9a-f]{7,12})(?:\+(?<services>[A-Za-z0-9._=,-]+))?$/

/** A version becomes part of file names. */
const longest = 200

export const parseRevision = (raw: string): Revision | null => {
  const parts = raw.length > longest ? undefined : shape.exec(raw)?.groups
  if (parts === undefined) return null
  const services = new Map<string, string>()
  for (const entry of (parts["services"] ?? "").split(",")) {
    const equals = entry.indexOf("=")
    if (equals > 0) services.set(entry.slice(0, equals), entry.slice(equals + 1))
  }
  return { number: Number(parts["number"]), id: parts["id"] ?? "", services }
}

/** The creation time of an image, for one that does not tell its version: `20261129T161103Z`. */
export const stampOf = (iso: string): string => iso.replace(/\.\d+Z$/, "Z").replaceAll(/[:-]/g, "")

/** Whether the value is a creation time instead of a version. */
export const isStamp = (value: string): boolean => /^\d{8}T\d{6}Z/.test(value)

/** Of the name of a service. */
export const postgresSuffix = ".pg"

const clean = (text: string): string => text.replaceAll(/[^A-Za-z0-9._-]/g, "_")

/** The services that have no room, as one: another major of any is another first number, any other change another second. */
export const restName = "_"

const digits = (texts: ReadonlyArray<string>): number => {
  let sum = 7
  for (const character of texts.join("\n")) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 999_983
  return sum
}

const restText = (services: ReadonlyArray<{ readonly text: string; readonly value: string }>): string => {
  const majors = services.map(({ text, value }) =>
    isStamp(value) ? "" : `${text.slice(0, text.indexOf("="))}=${/\d+/.exec(value)?.[0] ?? value}`
  )
  return `${restName}=${digits(majors)}.${digits(services.map(({ text }) => text))}`
}

/** The room of a service does not depend on small changes of its version, so that the same services are left out. */
const roomOf = (service: string, value: string): number => service.length + Math.max(16, value.length) + 2

/** If there is not enough room for all services, those without a version are left out first. */
export const revisionText = ({ number, id, services }: Revision): string => {
  const entries = [...services].map(([service, value]) => ({
    service,
    text: `${clean(service)}=${clean(value)}`,
    value
  }))
  const told = entries
    .toSorted((a, b) => (a.service < b.service ? -1 : 1))
    .toSorted((a, b) => Number(isStamp(a.value)) - Number(isStamp(b.value)))
  const head = `${number}-${id}`
  const isShort = head.length + 1 + told.reduce((sum, { text }) => sum + text.length + 1, 0) <= longest
  let room = longest - head.length - "+_=999999.999999".length
  const kept = told.filter(({ service, value }) => {
    room -= roomOf(service, value)
    return isShort || room >= 0
  })
  const left = told.filter((one) => !kept.includes(one))
  const shown = [
    ...kept.toSorted((a, b) => (a.service < b.service ? -1 : 1)).map(({ text }) => text),
    ...(left.length === 0 ? [] : [restText(left)])
  ].join(",")
  return shown === "" ? head : `${head}+${shown}`
}
