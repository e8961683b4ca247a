/** What an image says of itself. Pure. */
import type { ImageConfig } from "./Manifest.ts"

export interface ImageFacts {
  /** Of the manifest, or of the index where the tag names one: the same on hosts of every platform. */
  readonly digest: string
  /** When it was made, epoch milliseconds; null: it does not say, or says what cannot be (builds that can be repeated). */
  readonly created: number | null
  /** The version of the app in it, as its labels or its environment say; null: they do not. */
  readonly version: string | null
  /** `org.opencontainers.image.source`: where its source is. */
  readonly source: string | null
  /** `org.opencontainers.image.revision`: the commit of that. */
  readonly revision: string | null
}

/** Builds that can be repeated date their images 1970 or 1980. Docker is from 2013. */
const earliest = Date.UTC(2013, 0, 1)

/** Registries are other people's: what becomes part of a version or is shown is short, and one line of plain characters. */
const plain = (text: string | undefined): string | null =>
  text !== undefined && /^[!-~](?:[ -~]{0,253}[!-~])?$/.test(text) ? text : null

const versionShape = /^v?\d[0-9A-Za-z._-]{0,40}$/

/** `POSTGRES_VERSION`, `PG_VERSION` and their like: what official images have instead of labels. */
const fromEnvironment = (name: string, environment: ReadonlyArray<string>): string | null => {
  const own = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")
  const wanted = [`${own}_VERSION`, ...(own === "POSTGRES" ? ["PG_VERSION"] : [])]
  const found = environment.find((entry) => wanted.includes(entry.slice(0, entry.indexOf("="))))
  return found === undefined ? null : plain(found.slice(found.indexOf("=") + 1))
}

/** @param path of the repository: `library/postgres`. */
export const factsOf = (digest: string, path: string, { created, config }: ImageConfig): ImageFacts => {
  const labels = config?.Labels ?? {}
  const label = (name: string) => plain(labels[name])
  const at = Date.parse(created ?? "")
  const name = path.slice(path.lastIndexOf("/") + 1)
  // The variable bears the image's own name; a label may be that of the image that it was built from.
  const versions = [
    fromEnvironment(name, config?.Env ?? []),
    label("org.opencontainers.image.version"),
    label("org.label-schema.version")
  ].map((text) => text?.replace(/\+.*$/, "") ?? null)
  return {
    digest,
    created: at >= earliest ? at : null,
    version: versions.find((text) => text !== null && versionShape.test(text)) ?? null,
    source: label("org.opencontainers.image.source"),
    revision: label("org.opencontainers.image.revision")
  }
}
