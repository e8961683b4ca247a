/** Names of images as docker writes them: `postgres:16`, `ghcr.io/acme/app:1.2@sha256:…`. Pure. */

/** The name of an image without tag and digest. */
export interface ImageRepository {
  /** Host, and port where one is named: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  readonly registry: string
  /** `library/postgres`. */
  readonly path: string
}

export interface Reference extends ImageRepository {
  /** null: not written. Without a digest it means `latest`. */
  readonly tag: string | null
  readonly digest: string | null
}

const dockerHub = "docker.io"
const hubNames: ReadonlySet<string> = new Set([dockerHub, "index.docker.io", "registry-1.docker.io"])

const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/
const path = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const tagShape = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/
const digestShape = /^sha256:[0-9a-f]{64}$/

export const isTag = (text: string): boolean => tagShape.test(text)
export const isDigest = (text: string): boolean => digestShape.test(text)

/** The first part is a registry when it looks like a host: with a dot, a port, or `localhost`. */
const isHost = (part: string): boolean => part === "localhost" || /[.:]/.test(part)

/** @returns null if it is not the name of an image. */
export const parseReference = (text: string): Reference | null => {
  const parts = /^(?<name>[^@]+?)(?::(?<tag>[^:/@]+))?(?:@(?<digest>.+))?$/.exec(text)?.groups
  const { name = "", tag = null, digest = null } = parts ?? {}
  if (parts === undefined || text.length > 512) return null
  if ((tag !== null && !isTag(tag)) || (digest !== null && !isDigest(digest))) return null
  const slash = name.indexOf("/")
  const first = slash === -1 ? "" : name.slice(0, slash)
  const isNamed = isHost(first)
  const registry = isNamed ? first : dockerHub
  const rest = isNamed ? name.slice(slash + 1) : name
  if (!host.test(registry) || !path.test(rest)) return null
  const isHub = hubNames.has(registry)
  return {
    registry: isHub ? dockerHub : registry,
    path: isHub && !rest.includes("/") ? `library/${rest}` : rest,
    tag,
    digest
  }
}

/** The short form: without `docker.io` and `library/`. */
export const repositoryText = ({ registry, path }: ImageRepository): string =>
  registry === dockerHub ? path.replace(/^library\//, "") : `${registry}/${path}`

/** `postgres:16@sha256:…`. Docker ignores the tag; it is for people. */
export const pinnedText = (repository: ImageRepository, tag: string | null, digest: string): string =>
  `${repositoryText(repository)}${tag === null ? "" : `:${tag}`}@${digest}`

/** The host of a registry's API, which has another name for Docker Hub. */
export const endpointHost = ({ registry }: ImageRepository): string =>
  registry === dockerHub ? "registry-1.docker.io" : registry

export const isHub = ({ registry }: ImageRepository): boolean => registry === dockerHub

/** Docker uses http for these hosts, because nobody can listen on the way. */
export const isLoopback = (authority: string): boolean => {
  const name = authority.replace(/:\d+$/, "")
  return name === "localhost" || name === "[::1]" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}
