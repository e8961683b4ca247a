/** How people write names in a snapshot, which may be any bytes: `<volume>/<path>`, quoted as in C where they must be. Pure. */
import { partsOf, unquoted } from "@lastgood/core/snapshot/Entry"

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\" }

/** As printed, and as taken back by `bytesOf`. @param name bytes, as latin1. */
export const shownName = (name: string): string => {
  const text = Buffer.from(name, "latin1").toString("utf8")
  const isText = Buffer.from(text, "utf8").toString("latin1") === name
  if (isText && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) && !text.startsWith('"')) return text
  const inside = name.replace(
    /[^\u0020-\u007e]|["\\]/g,
    (byte) => escapes[byte] ?? `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`
  )
  return `"${inside}"`
}

/** @returns bytes, as latin1. */
export const bytesOf = (given: string): string =>
  given.length > 1 && given.startsWith('"') && given.endsWith('"')
    ? unquoted(given)
    : Buffer.from(given, "utf8").toString("latin1")

interface Named {
  readonly name: string
  readonly key: string
}

export interface Located<V> {
  readonly volume: V
  /** In the volume, in bytes as latin1; empty: the volume itself. */
  readonly path: string
}

const below = (volume: string, path: string): string | null => {
  const [own, asked] = [partsOf(Buffer.from(volume, "utf8").toString("latin1")), partsOf(path)]
  return own.every((part, i) => asked[i] === part) ? asked.slice(own.length).join("/") : null
}

/**
 * The volume that a path begins with, by the volume's name, or by what the recipe calls it. A data folder is called by its
 * path.
 */
export const inVolume = <V extends Named>(volumes: ReadonlyArray<V>, given: string): Located<V> | null => {
  const path = bytesOf(given)
  for (const nameOf of [(volume: V) => volume.name, (volume: V) => volume.key]) {
    for (const volume of volumes) {
      const rest = below(nameOf(volume), path)
      if (rest !== null) return { volume, path: rest }
    }
  }
  return null
}
