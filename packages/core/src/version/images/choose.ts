/** The images that one service can move to, by the size of the step. */
import * as Effect from "effect/Effect"
import { isStamp, stampOf } from "../../domain/Revision.ts"
import { iso } from "../../domain/time.ts"
import { type Change, serviceChange } from "../../domain/Version.ts"
import type { ImageRule } from "../../domain/VersionsFrom.ts"
import type { ImageFacts } from "../registry/facts.ts"
import {
  type ImageRepository,
  parseReference,
  pinnedText,
  type Reference,
  repositoryText
} from "../registry/Reference.ts"
import type { RepositoryReader } from "../registry/Registry.ts"
import { RegistryError } from "../registry/RegistryError.ts"
import type { RecordedImage } from "./Record.ts"
import { compareTags, tagsLike, tagsMatching } from "./tagShape.ts"

export interface Choice {
  readonly image: RecordedImage
  /** The step from the image that runs. */
  readonly change: Change
}

export interface Wanted {
  readonly service: string
  /** The image as the recipe names it. */
  readonly written: string
  readonly reference: Reference
  readonly rule: ImageRule
  /** The image that runs; null: none, or of another repository. */
  readonly current: RecordedImage | null
  /** The tag that the operator names; null: the rule decides. */
  readonly named: string | null
}

/** The most tags of a pattern to ask for, the last ones by name. */
const mostLookedAt = 30

const isNumbered = (tag: string): boolean => /^v?\d+(?![0-9A-Za-z])/i.test(tag)

const postgresOf = (tag: string): string | null => /(?:pg|postgres(?:ql)?)[-_.]?(\d+)/i.exec(tag)?.[1] ?? null

const firstNumber = (text: string): string => /\d+/.exec(text)?.[0] ?? ""

/**
 * The version that is shown for an image that is followed by digest: the version that it tells, unless its tag contradicts
 * it (a label is often that of the base image); otherwise its tag, if it is a number; otherwise its creation time.
 */
export const toldBy = (tag: string | null, { created, version }: Pick<ImageFacts, "created" | "version">): string => {
  const numbered = tag !== null && isNumbered(tag) ? tag : null
  if (version !== null && (numbered === null || firstNumber(version) === firstNumber(numbered))) return version
  return numbered ?? stampOf(iso(created ?? 0))
}

const globValue = (tag: string, { created }: ImageFacts): string =>
  isNumbered(tag) ? tag : `${stampOf(iso(created ?? 0))}.${tag}`

export const repositoryIn = ({ rule, reference }: Pick<Wanted, "rule" | "reference">): ImageRepository => {
  const named = rule.name === null ? null : parseReference(rule.name)
  return named === null ? reference : { registry: named.registry, path: named.path }
}

export const chooser = (wanted: Wanted, reader: RepositoryReader) => {
  const { current, named, reference, rule, written } = wanted
  const { following } = rule
  const repository = repositoryIn(wanted)
  const presentTag = current?.tag ?? reference.tag

  const missing = (reason: string) =>
    new RegistryError({
      image: repositoryText(repository),
      kind: "missing",
      reason,
      next: "correct the image or its tag in the compose file, or `versions` in the configuration"
    })

  const recorded = (
    tag: string,
    value: string,
    { created, digest, postgres, revision, source }: ImageFacts
  ): RecordedImage => ({
    written,
    image: pinnedText(repository, tag, digest),
    tag,
    digest,
    value,
    postgres,
    created,
    source,
    revision
  })

  /** The image of a tag; the recorded one if it runs. */
  const at = Effect.fnUntraced(function* (tag: string, value: (facts: ImageFacts) => string) {
    const digest = yield* reader.digest(tag)
    if (digest === null) return null
    if (current !== null && current.tag === tag && current.digest === digest) return current
    const facts = yield* reader.describe(digest)
    return recorded(tag, value(facts), facts)
  })

  /** `0.8.0-pg16` → `0.8.0-pg17` is not the patch that its numbers are. */
  const changeTo = (value: string): Change => {
    const [was, will] = [postgresOf(presentTag ?? ""), postgresOf(value)]
    if (was !== null && will !== null && was !== will) return "major"
    if (current?.value != null) return serviceChange(current.value, value)
    const from = reference.tag
    return from !== null && isNumbered(from) && !isStamp(value) ? serviceChange(from, value) : "patch"
  }

  const stepTo = ({ postgres, value }: RecordedImage): Change =>
    current?.postgres != null && postgres !== null && current.postgres !== postgres ? "major" : changeTo(value ?? "")

  /** The tags are in ascending order, so the last one of each size is the newest. */
  const byNumber = Effect.fnUntraced(function* () {
    const alike = tagsLike(presentTag, yield* reader.tags)
    const newer = alike.filter((tag) => !/\d/.test(presentTag ?? "") || compareTags(tag, presentTag ?? "") >= 0)
    const newest = new Map(newer.map((tag) => [changeTo(tag), tag]))
    const choices: Array<Choice> = []
    for (const tag of newest.values()) {
      const image = yield* at(tag, () => tag)
      if (image !== null) choices.push({ image, change: stepTo(image) })
    }
    if (choices.length > 0 || current !== null) return choices
    return yield* missing(
      presentTag === null ? "no tag of it is a version such as 1.2.3" : `no tag of it is numbered like ${presentTag}`
    )
  })

  const byTime = Effect.fnUntraced(function* (glob: string) {
    const matching = tagsMatching(glob, yield* reader.tags)
    const found = yield* Effect.forEach(
      matching.slice(-mostLookedAt),
      (tag) => at(tag, (facts) => globValue(tag, facts)),
      { concurrency: 4 }
    )
    const images = found.flatMap((image) => image ?? [])
    const newer = images
      .filter(({ created }) => current === null || (created ?? 0) > (current.created ?? 0))
      .toSorted((a, b) => (a.created ?? 0) - (b.created ?? 0) || compareTags(a.tag ?? "", b.tag ?? ""))
    const newest = new Map(newer.map((image) => [stepTo(image), image]))
    const choices = [...newest].map(([change, image]): Choice => ({ change, image }))
    if (choices.length > 0 || current !== null) return choices
    return yield* missing(`no tag of it matches ${glob}`)
  })

  /**
   * A tag that may have moved. An image that was built earlier is not newer: the tag was moved back, and old code must not
   * start on new data (LAW-2).
   */
  const byDigest = Effect.fnUntraced(function* (tag: string): Effect.fn.Return<ReadonlyArray<Choice>, RegistryError> {
    const image = yield* at(tag, (facts) => toldBy(tag, facts))
    if (image === null) return current === null ? yield* missing(`it has no tag ${tag}`) : []
    const isBack =
      current?.tag === tag && current.created !== null && image.created !== null && image.created < current.created
    // The image that the recipe names is not a step.
    return isBack ? [] : [{ image, change: current === null ? "patch" : stepTo(image) }]
  })

  /** Any tag but an older one (LAW-2). */
  const byName = Effect.fnUntraced(function* (tag: string) {
    const image = yield* at(tag, (facts) =>
      following.by === "semver" ? tag : following.by === "glob" ? globValue(tag, facts) : toldBy(tag, facts)
    )
    if (image === null) return yield* missing(`it has no tag ${tag}`)
    const isOlder =
      following.by === "semver"
        ? current?.tag != null && compareTags(tag, current.tag) < 0
        : current?.created != null && image.created !== null && image.created < current.created
    if (isOlder) {
      return yield* new RegistryError({
        image: repositoryText(repository),
        kind: "invalid",
        reason: `${tag} is older than ${current?.tag}, which runs: old code is never started on new data`,
        next: "roll back, or restore a snapshot: both return the data too"
      })
    }
    return [{ image, change: stepTo(image) }]
  })

  if (named !== null) return byName(named)
  switch (following.by) {
    case "semver":
      return byNumber()
    case "glob":
      return byTime(following.glob)
    case "digest":
      return byDigest(following.tag ?? reference.tag ?? "latest")
  }
}
