/** How the versions of a project's images can be followed, by their names alone. Pure. */
import { parseReference, repositoryText } from "../registry/Reference.ts"

export interface Suggestion {
  /** Without tag and digest; null: it is not the name of an image. */
  readonly name: string | null
  readonly tag: string | null
  /**
   * `semver`: its tag is a version, and newer ones can be followed. `digest`: its tag moves, or it has none. `pinned`:
   * the file names a digest, so it never changes. `local`: it is in no registry. `none`: it is not the name of an image.
   */
  readonly follow: "semver" | "digest" | "pinned" | "local" | "none"
}

/** `1.2.3`, `v1.25-alpine`, `RELEASE.2024-12-01`; not `16` or `7-alpine`, which move with each release. */
const isPrecise = (tag: string): boolean => /(?:^|[-_.a-z])v?\d+[.-]\d+/i.test(tag)

export const suggestFor = (image: string | null, isLocal: boolean): Suggestion => {
  const reference = image === null ? null : parseReference(image)
  if (reference === null) return { name: null, tag: null, follow: "none" }
  const { digest, tag } = reference
  const moving = tag !== null && isPrecise(tag) ? "semver" : "digest"
  const follow = isLocal ? "local" : digest === null ? moving : "pinned"
  return { name: repositoryText(reference), tag, follow }
}

/** The line of the configuration for all of them: `versions: { image: { service: web } }`. */
export const versionsLine = (
  services: ReadonlyArray<{ readonly name: string; readonly versions: Suggestion }>
): string => {
  const named = (follow: Suggestion["follow"]) =>
    services.filter(({ versions }) => versions.follow === follow).map(({ name }) => name)
  const rules = named("semver").map((service) => `{ service: ${service} }`)
  const fixed = named("local")
  const keys = [
    ...(rules.length === 0 ? [] : [`image: ${rules.length === 1 ? rules[0] : `[${rules.join(", ")}]`}`]),
    ...(fixed.length === 0 ? [] : [`fixed: [${fixed.join(", ")}]`])
  ]
  return keys.length === 0 ? "versions: digest" : `versions: { ${keys.join(", ")} }`
}
