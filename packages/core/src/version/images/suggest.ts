/** How the versions of a project's images can be followed, by their names alone. Pure. */
import { parseReference, repositoryText } from "../registry/Reference.ts"

export interface Suggestion {
  /** Without tag and digest; null: it is not the name of an image. */
  readonly name: string | null
  readonly tag: string | null
  /**
   * `semver`: its tag is a version, and newer ones can be followed. `digest`: its tag moves, or it has none. `pinned`:
   * the file names a digest, so it never changes. `none`: nothing can be followed.
   */
  readonly follow: "semver" | "digest" | "pinned" | "none"
}

/** `1.2.3`, `v1.25-alpine`, `RELEASE.2024-12-01`; not `16` or `7-alpine`, which move with each release. */
const isPrecise = (tag: string): boolean => /(?:^|[-_.a-z])v?\d+[.-]\d+/i.test(tag)

export const suggestFor = (image: string | null): Suggestion => {
  const reference = image === null ? null : parseReference(image)
  if (reference === null) return { name: null, tag: null, follow: "none" }
  const { digest, tag } = reference
  const follow = digest !== null ? "pinned" : tag !== null && isPrecise(tag) ? "semver" : "digest"
  return { name: repositoryText(reference), tag, follow }
}

/** The line of the configuration for all of them: `versions: { image: { service: web } }`. */
export const versionsLine = (
  services: ReadonlyArray<{ readonly name: string; readonly versions: Suggestion }>
): string => {
  const numbered = services.filter(({ versions }) => versions.follow === "semver").map(({ name }) => name)
  const rules = numbered.map((service) => `{ service: ${service} }`)
  if (rules.length === 0) return "versions: digest"
  return `versions: { image: ${rules.length === 1 ? rules[0] : `[${rules.join(", ")}]`} }`
}
