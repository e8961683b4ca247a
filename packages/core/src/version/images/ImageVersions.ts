/**
 * Adapter: the versions of a recipe that is a plain folder are the images of its services. A version is the set of all of
 * them, so one upgrade moves what has changed together. Each image is deployed by its digest.
 */
import * as Effect from "effect/Effect"
import { kindAt } from "../../disk/kindAt.ts"
import { personOf } from "../../disk/ownership.ts"
import type { App } from "../../domain/App.ts"
import type { Ref } from "../../domain/Ref.ts"
import { parseRevision, postgresSuffix, revisionText } from "../../domain/Revision.ts"
import { type Change, compareVersions } from "../../domain/Version.ts"
import {
  assertOwn,
  copyFolder,
  type Extent,
  everything,
  extentOf,
  hashFiles,
  hashFolder,
  ownFolder
} from "../folder.ts"
import { isTag } from "../registry/Reference.ts"
import { pathsOf } from "../releaseLayout.ts"
import { releaseSource } from "../releaseSource.ts"
import { layOutFolder } from "../releases.ts"
import { type Looking, type Offer, RecipeUnavailable, type VersionSource } from "../VersionSource.ts"
import type { Choice } from "./choose.ts"
import { choicesFor, imagesAsTheyRun } from "./follow.ts"
import { commitOf, type ImagesRecord, type RecordedImage, readRecord, recordText } from "./Record.ts"

/** A version that was found and can be laid out. */
interface Found {
  readonly record: ImagesRecord
  /** The recipe's folder. */
  readonly dir: string
  readonly extent: Extent
}

const sizes: ReadonlyArray<Change> = ["patch", "minor", "major"]

/** The image of the largest step that is not larger than `size`. */
const within = (choices: ReadonlyArray<Choice>, size: Change): RecordedImage | null => {
  const most = sizes.indexOf(size)
  const fitting = choices.filter(({ change }) => sizes.indexOf(change) <= most)
  return fitting.toSorted((a, b) => sizes.indexOf(a.change) - sizes.indexOf(b.change)).at(-1)?.image ?? null
}

/** What the name of a version says of one service. */
const toldOf = (name: string, { postgres, value }: RecordedImage): ReadonlyArray<readonly [string, string]> => {
  const own = value === null ? [] : [[name, value] as const]
  if (postgres === null) return own
  return value !== null && /\d+/.exec(value)?.[0] === postgres
    ? [[`${name}${postgresSuffix}`, value]]
    : [...own, [`${name}${postgresSuffix}`, postgres]]
}

const offerOf = (record: ImagesRecord, number: number, at: number): Offer => {
  const commit = commitOf(record)
  const services = new Map(Object.entries(record.services).flatMap(([name, image]) => toldOf(name, image)))
  return { version: revisionText({ number, id: commit.slice(0, 7), services }), commit, at }
}

/** Tags by service; a single tag by the empty name. null: it is not a list of tags. */
const tagsIn = (name: string): ReadonlyMap<string, string> | null => {
  const pairs = name.split(",").map((entry): readonly [string, string] => {
    const equals = entry.indexOf("=")
    return equals === -1 ? ["", entry] : [entry.slice(0, equals), entry.slice(equals + 1)]
  })
  return pairs.every(([, tag]) => isTag(tag)) ? new Map(pairs) : null
}

export const makeImageVersions = (arch: string): VersionSource["Service"] => {
  const found = new Map<string, Found>()
  const recordOf = (app: App, ref: Ref | null) =>
    ref === null ? Effect.succeed(null) : readRecord(app.recipe, pathsOf(app, ref).images)

  /** The recipe's folder as it is now. */
  const folderOf = Effect.fnUntraced(function* (app: App, looking: Looking) {
    const { versions } = app
    if (versions.kind !== "images") return yield* Effect.die(new Error("not an app of images"))
    const person = personOf(app.folder)
    const dir = yield* ownFolder(app.recipe, person)
    const project = yield* looking.project({ version: "now", commit: "", dir, envFile: app.envFile })
    yield* assertOwn(app.recipe, project.files, person)
    const extent = yield* extentOf(dir, app, project)
    const names = { files: yield* hashFolder(dir, extent), compose: yield* hashFiles(dir, project.files) }
    return { dir, extent, names, project, versions }
  })

  const look = Effect.fnUntraced(function* (
    app: App,
    looking: Looking,
    named: ReadonlyMap<string, string> = new Map()
  ) {
    const { dir, extent, names, project, versions } = yield* folderOf(app, looking)
    const running = yield* recordOf(app, looking.running)
    const choices = yield* choicesFor(app, versions, project, running, named, arch)
    const written = new Map(project.services.map(({ image, service }) => [service, image]))
    /** null: the step to an image that the recipe names is larger. */
    const recordWithin = (size: Change): ImagesRecord | null => {
      const services: Array<readonly [string, RecordedImage]> = []
      for (const [service, all] of choices) {
        const before = running?.services[service] ?? null
        const chosen = within(all, size) ?? (before?.written === written.get(service) ? before : null)
        if (chosen === null) return null
        services.push([service, chosen])
      }
      return { ...names, services: Object.fromEntries(services) }
    }
    return { dir, extent, recordWithin, running }
  })

  const isSame = (a: ImagesRecord, b: ImagesRecord): boolean =>
    a.compose === b.compose &&
    Object.keys(a.services).length === Object.keys(b.services).length &&
    Object.entries(a.services).every(([name, { image }]) => b.services[name]?.image === image)

  const numberOf = ({ running }: Looking): number =>
    running === null ? 0 : (parseRevision(running.version)?.number ?? 0)

  /** When the newest of the images that change was built. */
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
        reason: "none of its images are known on this host yet",
        next: "ask the registries: run it without --skip-fetch and CCCI_SKIP_FETCH"
      })
    }
    const { dir, extent, recordWithin, running } = yield* look(app, looking)
    // The first install does not take a major step either, because the recipe was written for the images that it names.
    const reachable = looking.running === null ? sizes.slice(0, 2) : sizes
    const records = reachable.flatMap((size) => recordWithin(size) ?? [])
    const newer = records.filter(
      (record, i) =>
        (running === null || !isSame(record, running)) && !records.slice(0, i).some((one) => isSame(one, record))
    )
    if (running === null && newer.length === 0) {
      return yield* new RecipeUnavailable({
        recipe: app.recipe,
        reason:
          "the tag of an image in the compose file is not in its registry, and the newer ones are a major step away",
        next: "name in the compose file a tag that its registry has"
      })
    }
    for (const record of newer) keep({ dir, extent, record })
    const base = numberOf(looking) + 1
    const offers = newer.map((record, i) => offerOf(record, base + i, ageOf(record, running)))
    return [...ofRunning(looking, running), ...offers].toSorted((a, b) => compareVersions(a.version, b.version))
  })

  const find = Effect.fn("ImageVersions.find")(function* (app: App, name: string, looking: Looking) {
    const offers = yield* list(app, looking)
    const offer = offers.find(({ version }) => version === name) ?? null
    const named = tagsIn(name)
    if (offer !== null || named === null || !looking.fetch) return offer
    const { dir, extent, recordWithin, running } = yield* look(app, looking, named)
    const record = recordWithin("major")
    if (record === null) return null
    if (running !== null && isSame(record, running)) return ofRunning(looking, running)[0] ?? null
    keep({ dir, extent, record })
    return offerOf(record, numberOf(looking) + 1, ageOf(record, running))
  })

  const resolve = Effect.fn("ImageVersions.resolve")(function* (app: App, ref: string, looking: Looking) {
    const offer = yield* find(app, ref, looking)
    if (offer !== null) return { version: offer.version, commit: offer.commit }
    return yield* new RecipeUnavailable({
      recipe: app.recipe,
      reason: `${JSON.stringify(ref)} is not a version of it`,
      next: "choose a version that the plan shows, or tags by service: web=1.2.3"
    })
  })

  const layOut = Effect.fnUntraced(function* (place: App, app: App, ref: Ref) {
    const recorded = (yield* kindAt(pathsOf(app, ref).recipe)) === "folder" ? yield* recordOf(app, ref) : null
    const known = found.get(ref.commit)
    if (recorded !== null && place.dir !== app.dir) {
      // For an inspection elsewhere, the files that were laid out are copied.
      const { recipe } = pathsOf(app, ref)
      return yield* layOutFolder(
        place,
        ref,
        (to) => Effect.asVoid(copyFolder(recipe, to, everything)),
        recordText(recorded)
      )
    }
    const changed = new RecipeUnavailable({
      recipe: app.recipe,
      reason: `the files of ${ref.version} do not exist any more: the recipe's folder has changed since it was read`,
      next: "choose a version again"
    })
    if (known === undefined) return yield* changed
    const copy = (to: string) =>
      Effect.flatMap(copyFolder(known.dir, to, known.extent), (files) =>
        files === known.record.files ? Effect.void : Effect.fail(changed)
      )
    yield* layOutFolder(place, ref, copy, recordText(known.record))
  })

  const asRuns = Effect.fn("ImageVersions.asRuns")(function* (
    app: App,
    looking: Looking,
    images: ReadonlyMap<string, string>
  ) {
    const { dir, extent, names, project, versions } = yield* folderOf(app, looking)
    const services = yield* imagesAsTheyRun(app, versions, project, images, arch)
    const record: ImagesRecord = { ...names, services: Object.fromEntries(services) }
    keep({ dir, extent, record })
    return offerOf(record, numberOf(looking) + 1, ageOf(record, null))
  })

  return { list, find, resolve, asRuns, ...releaseSource(layOut) }
}
