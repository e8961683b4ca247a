/**
 * A client of the OCI distribution protocol: the tags of a repository, the digest of a tag, and the facts of an image.
 * Every answer is limited in size, and checked against its digest if it has one.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Connection, connect, digestOf } from "./connection.ts"
import { factsOf, type ImageFacts } from "./facts.ts"
import { accepted, entryFor, ImageConfig, Manifest, platformOf, platformsOf, platformText } from "./Manifest.ts"
import { type ImageRepository, isDigest, isTag, repositoryText } from "./Reference.ts"
import { RegistryError } from "./RegistryError.ts"

const pageBytes = 4 * 1024 * 1024
/** The specification's own limit for manifests. */
const manifestBytes = 4 * 1024 * 1024
const configBytes = 8 * 1024 * 1024
const pageSize = 1000
const mostTags = 100_000
/** A registry may have smaller pages than it is asked for. */
const mostPages = 1000

const Tags = Schema.fromJsonString(Schema.Struct({ tags: Schema.NullOr(Schema.Array(Schema.String)) }))

const invalid = (repository: ImageRepository, reason: string): RegistryError =>
  new RegistryError({
    image: repositoryText(repository),
    kind: "invalid",
    reason,
    next: "see whether it is the registry that you mean, and whether the image can be pulled: docker pull"
  })

const decodeJson = <A>(schema: Schema.Codec<A, string>, body: Buffer, failed: RegistryError) =>
  Effect.mapError(Schema.decodeUnknownEffect(schema)(body.toString()), () => failed)

/** The next page of a list: `Link: </v2/…?last=…>; rel="next"`. */
const nextPage = (link: string | ReadonlyArray<string> | undefined): string | null => {
  const text = typeof link === "string" ? link : (link?.[0] ?? "")
  return /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(text)?.[1] ?? null
}

const listTags = Effect.fnUntraced(function* (repository: ImageRepository, connection: Connection) {
  const tags = new Set<string>()
  const seen = new Set<string>()
  let path: string | null = `tags/list?n=${pageSize}`
  while (path !== null) {
    if (seen.has(path) || tags.size > mostTags || seen.size >= mostPages) {
      return yield* invalid(repository, `its list of tags has no end (${tags.size} so far)`)
    }
    seen.add(path)
    const { body, headers } = yield* connection({
      method: "GET",
      path,
      accept: "application/json",
      maxBytes: pageBytes
    })
    const page = yield* decodeJson(Tags, body, invalid(repository, "its list of tags cannot be read"))
    // A name that no registry accepts is hostile.
    for (const tag of page.tags ?? []) if (isTag(tag)) tags.add(tag)
    path = nextPage(headers["link"])
  }
  return [...tags]
})

const manifestAt = Effect.fnUntraced(function* (
  repository: ImageRepository,
  connection: Connection,
  reference: string
) {
  const { body, headers } = yield* connection({
    method: "GET",
    path: `manifests/${reference}`,
    accept: accepted,
    maxBytes: manifestBytes
  })
  const digest = digestOf(body)
  const expected = isDigest(reference) ? reference : headers["docker-content-digest"]
  if (expected !== undefined && expected !== digest) {
    return yield* invalid(repository, `the manifest of ${reference} is not what its digest says`)
  }
  const manifest = yield* decodeJson(
    Schema.fromJsonString(Manifest),
    body,
    invalid(repository, `the manifest of ${reference} cannot be read`)
  )
  return { digest, manifest }
})

const describe = Effect.fnUntraced(function* (
  repository: ImageRepository,
  connection: Connection,
  reference: string,
  arch: string
) {
  const top = yield* manifestAt(repository, connection, reference)
  const platform = platformOf(arch)
  const isIndex = "manifests" in top.manifest
  const entry = entryFor(top.manifest, platform)
  if (isIndex && entry === null) {
    return yield* new RegistryError({
      image: repositoryText(repository),
      kind: "missing",
      reason: `${reference} has no image for ${platformText(platform)} (it has ${platformsOf(top.manifest).join(", ") || "none"})`,
      next: "choose a tag that has one"
    })
  }
  const { manifest } = entry === null ? top : yield* manifestAt(repository, connection, entry)
  if (!("config" in manifest)) return yield* invalid(repository, `${reference} leads to an index of indexes`)
  const { body } = yield* connection({
    method: "GET",
    path: `blobs/${manifest.config.digest}`,
    accept: "*/*",
    maxBytes: configBytes
  })
  const failed = invalid(repository, `the configuration of ${reference} cannot be read`)
  if (digestOf(body) !== manifest.config.digest) return yield* failed
  const config = yield* decodeJson(Schema.fromJsonString(ImageConfig), body, failed)
  return factsOf(top.digest, repository.path, config)
})

export interface RepositoryReader {
  /** In any order. */
  readonly tags: Effect.Effect<ReadonlyArray<string>, RegistryError>
  /** The digest of a tag; null: there is no such tag. Docker Hub does not count it as a pull. */
  readonly digest: (tag: string) => Effect.Effect<string | null, RegistryError>
  /** @param reference a tag or a digest. */
  readonly describe: (reference: string) => Effect.Effect<ImageFacts, RegistryError>
}

/** @param arch of this host, as node calls it. */
export const openRepository = Effect.fn("Registry.openRepository")(function* (
  repository: ImageRepository,
  arch: string
) {
  const connection = yield* connect(repository)
  const reader: RepositoryReader = {
    tags: listTags(repository, connection),
    digest: Effect.fnUntraced(
      function* (tag) {
        const { headers } = yield* connection({
          method: "HEAD",
          path: `manifests/${tag}`,
          accept: accepted,
          maxBytes: manifestBytes
        })
        const digest = headers["docker-content-digest"]
        if (typeof digest === "string" && isDigest(digest)) return digest
        return (yield* manifestAt(repository, connection, tag)).digest
      },
      Effect.catchIf(
        ({ kind }) => kind === "missing",
        () => Effect.succeed(null)
      )
    ),
    describe: (reference) => describe(repository, connection, reference, arch)
  }
  return reader
})
