/** Release notes of a recipe: which ones belong to an upgrade, and which ones refuse it. Pure. */
import type { Refusal } from "../domain/Decision.ts"
import { advise } from "../domain/Next.ts"
import { compareVersions, parseVersion } from "../domain/Version.ts"

export interface ReleaseNote {
  readonly version: string
  /** Without control characters and probable secrets (LAW-12). */
  readonly text: string
  /** The sentence that asks for manual work; null: none. */
  readonly asks: string | null
}

/** Folders of a recipe that hold notes, one file per version. */
export const noteFolders = ["release", "releaseNotes"] as const

/** The version of a note; null for `release/next` and other files without a version. */
export const versionOfNote = (file: string): string | null => {
  const name = file.replace(/\.(?:md|markdown|txt)$/i, "")
  return parseVersion(name) === null ? null : name
}

/** Whether a version is newer than the running one and not newer than the target. */
export const isBetween = (version: string, from: string, to: string): boolean =>
  compareVersions(version, from) > 0 && compareVersions(version, to) <= 0

const quoted = (text: string): string => `“${text.length > 160 ? `${text.slice(0, 159)}…` : text}”`

/**
 * The gate of release notes: the oldest note that asks for manual work refuses its version and every newer one.
 *
 * @param target the version that the upgrade would go to.
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
      next: advise`read it (${{ do: "Plan" }} shows it) and do the work, then ${{ do: "Upgrade", to: target, acceptNotes: true }}`
    }
  }
}

const listed = (notes: ReadonlyArray<ReleaseNote>): string =>
  notes.length > 3 ? `${notes.length} others` : notes.map(({ version }) => `that of ${version}`).join(", ")
