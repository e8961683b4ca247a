/** How the images of a project should be followed: `versions:` of an app. Pure. */
import type { Suggestion } from "../version/images/suggest.ts"
import { noted, scalar } from "./lines.ts"

export interface FollowedImage {
  readonly service: string
  /** As the compose file names it. */
  readonly image: string
  readonly follow: Suggestion["follow"]
}

type Following = Suggestion["follow"] | "kept"

/** Other names cannot be written under `versions`. */
const isServiceName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)

/** @param kept services that the operator leaves alone. */
const judged = (images: ReadonlyArray<FollowedImage>, kept: ReadonlyArray<string>) => {
  const all = images.map((image) => {
    const isFollowed = image.follow === "semver" || image.follow === "digest"
    const following: Following = isFollowed && kept.includes(image.service) ? "kept" : image.follow
    return { ...image, following }
  })
  return (following: Following) => all.filter((one) => one.following === following)
}

export const versionsLines = (
  images: ReadonlyArray<FollowedImage>,
  kept: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const by = judged(
    images.filter(({ service }) => isServiceName(service)),
    kept
  )
  const numbered = by("semver")
  const fixed = [...by("local"), ...by("kept")]
  if (numbered.length === 0 && fixed.length === 0) return ["versions: digest"]
  const rules = numbered.map(({ image, service }) =>
    noted(`    - { service: ${scalar(service)}, tags: semver }`, image)
  )
  const names = fixed.map(({ service }) => scalar(service)).join(", ")
  return [
    "versions:",
    ...(rules.length === 0 ? [] : ["  image:", ...rules]),
    ...(fixed.length === 0 ? [] : [noted(`  fixed: [${names}]`, fixed.map(({ image }) => image).join(", "))])
  ]
}

/** What the lines mean, for people. */
export const versionsNote = (images: ReadonlyArray<FollowedImage>, kept: ReadonlyArray<string>): string => {
  const by = judged(images, kept)
  const said = (following: Following, text: string): ReadonlyArray<string> => {
    const found = by(following)
    return found.length === 0
      ? []
      : [`${text}: ${found.map(({ image, service }) => `${service} (${image})`).join(", ")}.`]
  }
  return [
    ...said("digest", "A new image under the same tag is a new version"),
    ...said("semver", "A tag with a higher number is a new version"),
    ...said("pinned", "The compose file names a digest, so it stays"),
    ...said("local", "Not from a registry, so it stays")
  ].join(" ")
}
