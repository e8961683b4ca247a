/** The facts that an image tells about itself. Pure. */
import type { ImageConfig } from "./Manifest.ts"

export interface ImageFacts {
  /** Of the manifest, or of the index if there is one, so that it is the same on every platform. */
  readonly digest: string
  /** When it was built, epoch milliseconds; null: unknown, or an artificial time of a reproducible build. */
  readonly created: number | null
  /** The version of the app in it, by its environment or labels; null: unknown. */
  readonly version: string | null
  /** The major of the PostgreSQL in it, also if the image has another name; null: none. */
  readonly postgres: string | null
  /** `org.opencontainers.image.source`: where its source is. */
  readonly source: string | null
  /** `org.opencontainers.image.revision`: the commit of that. */
  readonly revision: string | null
}

/** Reproducible builds use 1970 or 1980. Docker is from 2013. */
const earliest = Date.UTC(2013, 0, 1)

/** Text of an image that becomes part of a version or is shown: short, one line, printable ASCII. */
const plain = (text: string | undefined): string | null =>
  text !== undefined && /^[!-~](?:[ -~]{0,253}[!-~])?$/.test(text) ? text : null

const versionShape = /^v?\d[0-9A-Za-z._-]{0,40}$/

/** Official images have variables instead of labels: `REDIS_VERSION`, `PG_VERSION`. */
const fromEnvironment = (name: string, environment: ReadonlyArray<string>): string | null => {
  const own = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")
  const wanted = [`${own}_VERSION`, ...(own === "POSTGRES" ? ["PG_VERSION"] : [])]
  const found = environment.find((entry) => wanted.includes(entry.slice(0, entry.indexOf("="))))
  return found === undefined ? null : plain(found.slice(found.indexOf("=") + 1))
}

/** Images that are built on that of PostgreSQL keep its variables. */
const postgresIn = (environment: ReadonlyArray<string>): string | null => {
  const found = environment.find((entry) => /^PG_MAJOR=\d{1,3}$/.test(entry))
  return found === undefined ? null : found.slice(found.indexOf("=") + 1)
}

/** @param path of the repository: `library/postgres`. */
export const factsOf = (digest: string, path: string, { created, config }: ImageConfig): ImageFacts => {
  const labels = config?.Labels ?? {}
  const label = (name: string) => plain(labels[name])
  const at = Date.parse(created ?? "")
  const name = path.slice(path.lastIndexOf("/") + 1)
  // The variable has the name of the image; a label may be that of the base image.
  const versions = [
    fromEnvironment(name, config?.Env ?? []),
    label("org.opencontainers.image.version"),
    label("org.label-schema.version")
  ].map((text) => text?.replace(/\+.*$/, "") ?? null)
  return {
    digest,
    created: at >= earliest ? at : null,
    version: versions.find((text) => text !== null && versionShape.test(text)) ?? null,
    postgres: postgresIn(config?.Env ?? []),
    source: label("org.opencontainers.image.source"),
    revision: label("org.opencontainers.image.revision")
  }
}
