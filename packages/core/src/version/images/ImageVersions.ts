/**
 * Adapter: the versions of a recipe that is a plain folder are the images of its services, as their registries have them.
 * A version is the set of all: one upgrade moves what changed together. Each image is deployed by its digest.
 */
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import type { App } from "../../domain/App.ts"
import type { Project } from "../../domain/Project.ts"
import type { Ref } from "../../domain/Ref.ts"
import { parseRevision, revisionText } from "../../domain/Revision.ts"
import { type Change, compareVersions } from "../../domain/Version.ts"
import type { ImageRule, VersionsFrom } from "../../domain/VersionsFrom.ts"
import { copyFolder, hashFiles, hashFolder, ownFolder } from "../folder.ts"
import type { ImageFacts } from "../registry/facts.ts"
import { isTag, parseReference, repositoryText } from "../registry/Reference.ts"
import { openRepository, type RepositoryReader } from "../registry/Registry.ts"
import type { RegistryError } from "../registry/RegistryError.ts"
import { pathsOf } from "../releaseLayout.ts"
import { releaseSource } from "../releaseSource.ts"
import { layOutFolder } from "../releases.ts"
import { type Looking, type Offer, RecipeUnavailable, type VersionSource } from "../VersionSource.ts"
import { type Choice, chooser, repositoryIn, type Wanted } from "./choose.ts"
import { commitOf, type ImagesRecord, type RecordedImage, readRecord, recordText } from "./Record.ts"

type Images = Extract<VersionsFrom, { kind: "images" }>

/** What was found and may be laid out, by commit: all of it can be found again. */
interface Found {
  readonly record: ImagesRecord
  /** Of the recipe. */
  readonly dir: string
  /** Folders in it that are no part of it. */
  readonly folders: ReadonlyArray<string>
}

const byDigest: ImageRule["following"] = { by: "digest", tag: null }

const ruleFor = ({ rules }: Images, service: string, isOnly: boolean): ImageRule =>
  rules.find((rule) => rule.service === service || (rule.service === null && isOnly)) ?? {
    service,
    name: null,
    following: byDigest
  }

/** An image that is as the recipe says, and stays so. */
const asWritten = (written: string): RecordedImage => {
  const reference = parseReference(written)
  return {
    written,
    image: written,
    tag: reference?.tag ?? null,
    digest: reference?.digest ?? null,
    value: reference?.tag ?? null,
    created: null,
    source: null,
    revision: null
  }
}

const sizes: ReadonlyArray<Change> = ["patch", "minor", "major"]

/** The newest of at most this size. */
const within = (choices: ReadonlyArray<Choice>, size: Change): RecordedImage | null => {
  const most = sizes.indexOf(size)
  const fitting = choices.filter(({ change }) => sizes.indexOf(change) <= most)
  return fitting.toSorted((a, b) => sizes.indexOf(a.change) - sizes.indexOf(b.change)).at(-1)?.image ?? null
}

const offerOf = (record: ImagesRecord, number: number, at: number): Offer => {
  const commit = commitOf(record)
  const services = new Map(
    Object.entries(record.services).flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const]))
  )
  return { version: revisionText({ number, id: commit.slice(0, 7), services }), commit, at }
}

/** Tags by service; one alone is of the only service, by the empty name. null: it names none. */
const tagsIn = (name: string): ReadonlyMap<string, string> | null => {
  const pairs = name.split(",").map((entry): readonly [string, string] => {
    const equals = entry.indexOf("=")
    return equals === -1 ? ["", entry] : [entry.slice(0, equals), entry.slice(equals + 1)]
  })
  return pairs.every(([, tag]) => isTag(tag)) ? new Map(pairs) : null
}

const unavailable =
  (app: App, service: string) =>
  ({ kind, message, next }: RegistryError): RecipeUnavailable =>
    new RecipeUnavailable({
      recipe: app.recipe,
      reason: `the image of ${service}: ${message}`,
      next:
        kind === "missing" || kind === "denied"
          ? `${next}; or, if no registry has it, leave it as it is: versions: { fixed: [${service}] }`
          : next
    })

export const makeImageVersions = (arch: string): VersionSource["Service"] => {
  const found = new Map<string, Found>()
  /** Of a digest, which says the same for ever. */
  const known = new Map<string, ImageFacts>()

  const remembering = (repository: string, reader: RepositoryReader): RepositoryReader => ({
    ...reader,
    describe: (reference) =>
      Effect.suspend(() => {
        const key = `${repository}@${reference}`
        const before = known.get(key)
        if (before !== undefined) return Effect.succeed(before)
        return Effect.tap(reader.describe(reference), (facts) => Effect.sync(() => known.set(key, facts)))
      })
  })

  const recordOf = (app: App, ref: Ref | null) =>
    ref === null ? Effect.succeed(null) : readRecord(app.recipe, pathsOf(app, ref).images)

  /** What each service could go to. Those that stay as they are have one choice. */
  const choicesFor = Effect.fnUntraced(function* (
    app: App,
    versions: Images,
    project: Project,
    running: ImagesRecord | null,
    named: ReadonlyMap<string, string>
  ) {
    const followed = project.services.filter(
      ({ service, image }) => image !== null && !versions.fixed.includes(service) && !image.includes("@")
    )
    const unknown = versions.rules.find(
      (rule) => rule.service !== null && !project.services.some(({ service }) => service === rule.service)
    )
    if (unknown !== undefined) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: `\`versions\` follows the service ${unknown.service}, and the compose file has no such service`,
        next: `correct the configuration: the services are ${project.services.map(({ service }) => service).join(", ")}`
      })
    }
    if (followed.length > 1 && versions.rules.some(({ service }) => service === null)) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: `\`versions\` names one image, and the compose file has ${followed.length}`,
        next: `say which \`service:\` it is: ${followed.map(({ service }) => service).join(", ")}`
      })
    }
    const tagOf = (service: string) => named.get(service) ?? (followed.length === 1 ? (named.get("") ?? null) : null)
    for (const service of named.keys()) {
      if (followed.some((one) => one.service === service || (service === "" && followed.length === 1))) continue
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: service === "" ? "it has more than one image" : `no image of a service ${service} is followed`,
        next: `name the service too, as in web=1.2.3: ${followed.map((one) => one.service).join(", ")}`
      })
    }
    const choices = yield* Effect.forEach(
      project.services,
      Effect.fnUntraced(function* ({ image: written, service }) {
        if (written === null) return [service, []] as const
        if (!followed.some((one) => one.service === service)) {
          return [service, [{ image: asWritten(written), change: "patch" }]] as const
        }
        const reference = parseReference(written)
        if (reference === null) {
          return yield* new RecipeUnavailable({
            recipe: app.recipe,
            reason: `the image of ${service} is not the name of an image`,
            next: "correct it in the compose file, or the variable that it comes from"
          })
        }
        const rule = ruleFor(versions, service, followed.length === 1)
        const before = running?.services[service] ?? null
        const repository = repositoryIn({ rule, reference })
        const name = repositoryText(repository)
        const tag = tagOf(service)
        // Of those that are not named nobody is asked.
        if (named.size > 0 && tag === null && before !== null) return [service, []] as const
        const isSame = before !== null && repositoryText(parseReference(before.image) ?? repository) === name
        const choose = Effect.gen(function* () {
          const reader = remembering(name, yield* openRepository(repository, arch))
          const wanted: Wanted = { service, written, reference, rule, named: tag, current: isSame ? before : null }
          return yield* chooser(wanted, reader)
        })
        return [service, yield* Effect.mapError(choose, unavailable(app, service))] as const
      }),
      { concurrency: 4 }
    )
    return new Map<string, ReadonlyArray<Choice>>(choices)
  })

  const look = Effect.fnUntraced(function* (
    app: App,
    looking: Looking,
    named: ReadonlyMap<string, string> = new Map()
  ) {
    const { versions } = app
    if (versions.kind !== "images") return yield* Effect.die(new Error("not an app of images"))
    const dir = yield* ownFolder(app.recipe)
    const project = yield* looking.project({ version: "now", commit: "", dir, envFile: app.envFile })
    const { files, folders } = project
    const running = yield* recordOf(app, looking.running)
    const choices = yield* choicesFor(app, versions, project, running, named)
    const names = { files: yield* hashFolder(dir, folders), compose: yield* hashFiles(dir, files) }
    const written = new Map(project.services.map(({ image, service }) => [service, image]))
    /** null: it takes a larger step to what the recipe names. */
    const recordWithin = (size: Change): ImagesRecord | null => {
      const services: Array<readonly [string, RecordedImage]> = []
      for (const [service, all] of choices) {
        const before = running?.services[service] ?? null
        const image = within(all, size)
        const named = written.get(service) ?? null
        if (named === null) continue
        const chosen = image ?? (before?.written === named ? before : null)
        if (chosen === null) return null
        services.push([service, chosen])
      }
      return { ...names, services: Object.fromEntries(services) }
    }
    return { dir, folders, recordWithin, running }
  })

  const isSame = (a: ImagesRecord, b: ImagesRecord): boolean =>
    a.compose === b.compose &&
    Object.keys(a.services).length === Object.keys(b.services).length &&
    Object.entries(a.services).every(([name, { image }]) => b.services[name]?.image === image)

  const numberOf = ({ running }: Looking): number =>
    running === null ? 0 : (parseRevision(running.version)?.number ?? 0)

  /** When the newest of what changes was made. */
  const ageOf = (record: ImagesRecord, running: ImagesRecord | null): number =>
    Math.max(
      0,
      ...Object.entries(record.services).flatMap(([name, { created, image }]) =>
        running?.services[name]?.image === image || created === null ? [] : [created]
      )
    )

  const keep = (one: Found): void => {
    found.set(commitOf(one.record), one)
  }

  const ofRunning = ({ running }: Looking, record: ImagesRecord | null): ReadonlyArray<Offer> =>
    running === null || record === null ? [] : [{ ...running, at: ageOf(record, null) }]

  const list = Effect.fn("ImageVersions.list")(function* (app: App, looking: Looking) {
    if (!looking.fetch) {
      const offers = ofRunning(looking, yield* recordOf(app, looking.running))
      if (offers.length > 0) return offers
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: "no images of it are known here yet",
        next: "let the registries be asked: without --skip-fetch and CCCI_SKIP_FETCH"
      })
    }
    const { dir, folders, recordWithin, running } = yield* look(app, looking)
    // A first install takes no major by itself either: the recipe was written for what it names.
    const reachable = looking.running === null ? sizes.slice(0, 2) : sizes
    const records = reachable.flatMap((size) => recordWithin(size) ?? [])
    const newer = records.filter(
      (record, i) =>
        (running === null || !isSame(record, running)) && !records.slice(0, i).some((one) => isSame(one, record))
    )
    if (running === null && newer.length === 0) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason: "a service has no image without a major step from the one that the compose file names",
        next: "name in the compose file a tag that its registry has"
      })
    }
    for (const record of newer) keep({ dir, folders, record })
    const base = numberOf(looking) + 1
    const offers = newer.map((record, i) => offerOf(record, base + i, ageOf(record, running)))
    return [...ofRunning(looking, running), ...offers].toSorted((a, b) => compareVersions(a.version, b.version))
  })

  const find = Effect.fn("ImageVersions.find")(function* (app: App, name: string, looking: Looking) {
    const offers = yield* list(app, looking)
    const offer = offers.find(({ version }) => version === name) ?? null
    const named = tagsIn(name)
    if (offer !== null || named === null || !looking.fetch) return offer
    const { dir, folders, recordWithin, running } = yield* look(app, looking, named)
    const record = recordWithin("major")
    if (record === null) return null
    if (running !== null && isSame(record, running)) return ofRunning(looking, running)[0] ?? null
    keep({ dir, folders, record })
    return offerOf(record, numberOf(looking) + 1, ageOf(record, running))
  })

  const resolve = Effect.fn("ImageVersions.resolve")(function* (app: App, ref: string, looking: Looking) {
    const offer = yield* find(app, ref, looking)
    if (offer !== null) return { version: offer.version, commit: offer.commit }
    return yield* new RecipeUnavailable({
      recipe: app.recipe,
      reason: `${JSON.stringify(ref)} is not a version of it`,
      next: "see what there is: the plan names it"
    })
  })

  const layOut = Effect.fnUntraced(function* (place: App, app: App, ref: Ref) {
    const recorded = (yield* kindAt(pathsOf(app, ref).recipe)) === "folder" ? yield* recordOf(app, ref) : null
    const known = found.get(ref.commit)
    if (recorded !== null && place.dir !== app.dir) {
      // To be looked at elsewhere: the files are as they were laid out.
      const { recipe } = pathsOf(app, ref)
      return yield* layOutFolder(place, ref, (to) => Effect.asVoid(copyFolder(recipe, to, [])), recordText(recorded))
    }
    const changed = new RecipeUnavailable({
      recipe: app.recipe,
      reason: `the files of ${ref.version} are not there any more: the recipe's folder was changed since it was looked at`,
      next: "choose a version again"
    })
    if (known === undefined) return yield* changed
    const copy = (to: string) =>
      Effect.flatMap(copyFolder(known.dir, to, known.folders), (files) =>
        files === known.record.files ? Effect.void : Effect.fail(changed)
      )
    yield* layOutFolder(place, ref, copy, recordText(known.record))
  })

  return { list, find, resolve, ...releaseSource(layOut) }
}
