/** Asks the registries of a recipe's images what each service can move to. */
import * as Effect from "effect/Effect"
import type { App } from "../../domain/App.ts"
import type { Project } from "../../domain/Project.ts"
import type { ImageRule, VersionsFrom } from "../../domain/VersionsFrom.ts"
import type { ImageFacts } from "../registry/facts.ts"
import { type ImageRepository, isDigest, parseReference, repositoryText } from "../registry/Reference.ts"
import { openRepository, type RepositoryReader } from "../registry/Registry.ts"
import type { RegistryError } from "../registry/RegistryError.ts"
import { RecipeUnavailable } from "../VersionSource.ts"
import { type Choice, chooser, repositoryIn, toldBy, type Wanted } from "./choose.ts"
import type { ImagesRecord, RecordedImage } from "./Record.ts"

export type Images = Extract<VersionsFrom, { kind: "images" }>

const byDigest: ImageRule["following"] = { by: "digest", tag: null }

/** An image that stays as the recipe names it. */
const asWritten = (written: string): RecordedImage => {
  const reference = parseReference(written)
  return {
    written,
    image: written,
    tag: reference?.tag ?? null,
    digest: reference?.digest ?? null,
    value: reference?.tag ?? null,
    postgres: null,
    created: null,
    source: null,
    revision: null
  }
}

/**
 * An image that no registry is asked for stays the one that runs, by its digest, as long as the recipe names the same tag:
 * the tag may have moved on this host, and a rollback would start another image (LAW-2).
 */
const keptFor = (written: string, before: RecordedImage | null): RecordedImage => {
  const [asked, ran] = [parseReference(written), before === null ? null : parseReference(before.image)]
  if (before === null || asked === null || ran === null || ran.digest === null || asked.digest !== null) {
    return asWritten(written)
  }
  const isSame = repositoryText(asked) === repositoryText(ran) && (asked.tag ?? "latest") === (ran.tag ?? "latest")
  return isSame ? { ...before, written } : asWritten(written)
}

/**
 * Facts by digest, which never change. The daemon opens its ports again for each pass, and would otherwise ask for every
 * image again.
 */
const facts = new Map<string, ImageFacts>()
const mostFacts = 2000

const remembering = (repository: string, reader: RepositoryReader): RepositoryReader => ({
  ...reader,
  describe: (reference) =>
    Effect.suspend(() => {
      const key = `${repository}@${reference}`
      const known = isDigest(reference) ? facts.get(key) : undefined
      if (known !== undefined) return Effect.succeed(known)
      return Effect.tap(reader.describe(reference), (found) =>
        Effect.sync(() => {
          if (facts.size >= mostFacts) facts.clear()
          facts.set(key, found)
        })
      )
    })
})

const open = (repository: ImageRepository, arch: string) =>
  Effect.map(openRepository(repository, arch), (reader) => remembering(repositoryText(repository), reader))

/** Services of one image ask for it once. */
const sharing = (arch: string) => {
  const opened = new Map<string, Effect.Effect<RepositoryReader, RegistryError>>()
  return Effect.fnUntraced(function* (repository: ImageRepository) {
    const name = repositoryText(repository)
    const before = opened.get(name)
    if (before !== undefined) return yield* before
    const reader = yield* Effect.cached(
      Effect.gen(function* () {
        const found = yield* open(repository, arch)
        return { ...found, tags: yield* Effect.cached(found.tags) }
      })
    )
    opened.set(name, reader)
    return yield* reader
  })
}

const unavailable =
  (app: App, service: string) =>
  ({ kind, message, next }: RegistryError): RecipeUnavailable =>
    new RecipeUnavailable({
      recipe: app.recipe,
      reason: `the image of ${service}: ${message}`,
      next:
        kind === "missing" || kind === "denied"
          ? `${next}; or, if the image is in no registry, keep it: versions: { fixed: [${service}] }`
          : next
    })

interface Followed {
  readonly service: string
  readonly written: string
  /** null: it stays as the recipe names it. */
  readonly rule: ImageRule | null
}

/** The services that have an image, with the rule for each. Fails if a rule does not fit them. */
const followedIn = Effect.fnUntraced(function* (app: App, { fixed, rules }: Images, { services }: Project) {
  const refuse = (reason: string, next: string) => new RecipeUnavailable({ recipe: app.recipe, reason, next })
  const unknown = rules.find(({ service }) => service !== null && !services.some((one) => one.service === service))
  if (unknown !== undefined) {
    return yield* refuse(
      `\`versions\` follows the service ${unknown.service}, and the compose file has no such service`,
      `correct the configuration: the services are ${services.map(({ service }) => service).join(", ")}`
    )
  }
  const isFollowed = (service: string, image: string) => !fixed.includes(service) && !image.includes("@")
  const names = services.flatMap(({ image, service }) =>
    image !== null && isFollowed(service, image) ? [service] : []
  )
  if (names.length > 1 && rules.some(({ service }) => service === null)) {
    return yield* refuse(
      `\`versions\` names one image, and the compose file has ${names.length}`,
      `say which \`service:\` it is: ${names.join(", ")}`
    )
  }
  return services.flatMap(({ image, service }): ReadonlyArray<Followed> => {
    if (image === null) return []
    const rule = rules.find((one) => one.service === service || one.service === null)
    const own = rule ?? { service, name: null, following: byDigest }
    return [{ service, written: image, rule: names.includes(service) ? own : null }]
  })
})

const referenceOf = (app: App, { service, written }: Followed) => {
  const reference = parseReference(written)
  return reference === null
    ? Effect.fail(
        new RecipeUnavailable({
          recipe: app.recipe,
          reason: `the image of ${service} is not the name of an image`,
          next: "correct it in the compose file, or the variable that it comes from"
        })
      )
    : Effect.succeed(reference)
}

/** The tags that somebody names, by service. A single tag belongs to the only service. */
const assertNamed = Effect.fnUntraced(function* (
  app: App,
  named: ReadonlyMap<string, string>,
  services: ReadonlyArray<string>
) {
  for (const service of named.keys()) {
    if (services.includes(service) || (service === "" && services.length === 1)) continue
    return yield* new RecipeUnavailable({
      recipe: app.recipe,
      reason: service === "" ? "it has more than one image" : `it does not follow an image of a service ${service}`,
      next: `name the service too, as in web=1.2.3: ${services.join(", ")}`
    })
  }
})

export type Choices = ReadonlyMap<string, ReadonlyArray<Choice>>

/**
 * The images that each service can move to.
 *
 * @param running the images that run; null: none.
 * @param named tags by service; empty: the rules decide.
 */
export const choicesFor = Effect.fn("ImageVersions.choicesFor")(function* (
  app: App,
  versions: Images,
  project: Project,
  running: ImagesRecord | null,
  named: ReadonlyMap<string, string>,
  arch: string
) {
  const all = yield* followedIn(app, versions, project)
  const names = all.flatMap(({ rule, service }) => (rule === null ? [] : [service]))
  yield* assertNamed(app, named, names)
  const openOnce = sharing(arch)
  const choices = yield* Effect.forEach(
    all,
    Effect.fnUntraced(function* (followed) {
      const { rule, service, written } = followed
      const before = running?.services[service] ?? null
      if (rule === null) return [service, [{ image: keptFor(written, before), change: "patch" }]] as const
      const tag = named.get(service) ?? (names.length === 1 ? (named.get("") ?? null) : null)
      // The images that are not named stay.
      if (named.size > 0 && tag === null && before !== null) return [service, []] as const
      const reference = yield* referenceOf(app, followed)
      const repository = repositoryIn({ rule, reference })
      const ran = before === null ? null : parseReference(before.image)
      const isSame = ran !== null && repositoryText(ran) === repositoryText(repository)
      const wanted: Wanted = { service, written, reference, rule, named: tag, current: isSame ? before : null }
      const choose = Effect.flatMap(openOnce(repository), (reader) => chooser(wanted, reader))
      return [service, yield* Effect.mapError(choose, unavailable(app, service))] as const
    }),
    { concurrency: 4 }
  )
  const found: Choices = new Map<string, ReadonlyArray<Choice>>(choices)
  return found
})

/**
 * The images of an app that lastgood did not deploy.
 *
 * @param images by service, with their digests.
 */
export const imagesAsTheyRun = Effect.fn("ImageVersions.imagesAsTheyRun")(function* (
  app: App,
  versions: Images,
  project: Project,
  images: ReadonlyMap<string, string>,
  arch: string
) {
  const all = yield* followedIn(app, versions, project)
  return yield* Effect.forEach(
    all,
    Effect.fnUntraced(function* (followed) {
      const { rule, service, written } = followed
      const image = images.get(service)
      const ran = image === undefined ? null : parseReference(image)
      if (rule === null || image === undefined) {
        return [service, { ...asWritten(image ?? written), written }] as const
      }
      if (ran === null || ran.digest === null) {
        return yield* new RecipeUnavailable({
          recipe: app.recipe,
          reason: `the image of ${service} that runs did not come from a registry, so no digest tells what it is`,
          next: `keep it: versions: { fixed: [${service}] }; or pull it, and start the app on that: docker pull ${written}`
        })
      }
      const { digest, tag } = ran
      // Without its registry an image tells less, and is taken as it is.
      const known = yield* Effect.option(Effect.flatMap(open(ran, arch), (reader) => reader.describe(digest)))
      const fact = known._tag === "Some" ? known.value : null
      const told = toldBy(tag, { created: fact?.created ?? null, version: fact?.version ?? null })
      const recorded: RecordedImage = {
        written,
        image,
        tag,
        digest,
        value: rule.following.by === "semver" ? (tag ?? told) : told,
        postgres: fact?.postgres ?? null,
        created: fact?.created ?? null,
        source: fact?.source ?? null,
        revision: fact?.revision ?? null
      }
      return [service, recorded] as const
    }),
    { concurrency: 4 }
  )
})
