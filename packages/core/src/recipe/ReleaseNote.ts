/** Release notes of a recipe: which belong to an upgrade, and which of them hold it back. Pure. */
import type { Refusal } from "../domain/Decision.ts"
import { advise } from "../domain/Next.ts"
import { compareVersions, parseVersion } from "../domain/Version.ts"

export interface ReleaseNote {
  readonly version: string
  /** Without control characters, and without what looks like a secret (LAW-12). */
  readonly text: string
  /** What in it asks for work by hand, in its own words; null: nothing does. */
  readonly asks: string | null
}

/** Folders of a recipe that hold notes, one file per version. */
export const noteFolders = ["release", "releaseNotes"] as const

/** `release/next` and whatever else names no version is no note of one. */
export const versionOfNote = (file: string): string | null => {
  const name = file.replace(/\.(?:md|markdown|txt)$/i, "")
  return parseVersion(name) === null ? null : name
}

/** From the running version (its own note was for getting there) up to the target, its own included. */
export const isBetween = (version: string, from: string, to: string): boolean =>
  compareVersions(version, from) > 0 && compareVersions(version, to) <= 0

const quoted = (text: string): string => `“${text.length > 160 ? `${text.slice(0, 159)}…` : text}”`

/**
 * The gate that notes make: the oldest one that asks for work by hand holds back its version and every newer one.
 *
 * @param target the version that was to be gone to.
 */
export const heldBy = (
  notes: ReadonlyArray<ReleaseNote>,
  target: string
): { readonly version: string; readonly refusal: Refusal } | null => {
  const asking = notes.filter(({ asks }) => asks !== null)
  const [first, ...others] = asking
  if (first === undefined) return null
  const more = others.length === 0 ? "" : ` (and so ${others.length === 1 ? "does" : "do"} ${listed(others)})`
  return {
    version: first.version,
    refusal: {
      gate: "release-note",
      reason: `the release note of ${first.version} asks for manual work${more}: ${quoted(first.asks ?? "")}`,
      next: advise`read it (${{ do: "Plan" }} shows it) and do what it says, then ${{ do: "Upgrade", to: target, acceptNotes: true }}`
    }
  }
}

const listed = (notes: ReadonlyArray<ReleaseNote>): string =>
  notes.length > 3 ? `${notes.length} others` : notes.map(({ version }) => `that of ${version}`).join(", ")
