/** Where the versions of an app come from. */

/** What an image is followed by. */
export type Following =
  /** Tags that are numbered like the present one, by their numbers. */
  | { readonly by: "semver" }
  /** Tags that match, by when the image was made. */
  | { readonly by: "glob"; readonly glob: string }
  /** What one tag is now; null: the tag that the recipe names. */
  | { readonly by: "digest"; readonly tag: string | null }

export interface ImageRule {
  /** As in the recipe; null: the only one. */
  readonly service: string | null
  /** The image in place of the one that the recipe names; null: that one. */
  readonly name: string | null
  readonly following: Following
}

export type VersionsFrom =
  | { readonly kind: "tags" }
  | { readonly kind: "branch"; readonly branch: string }
  | {
      readonly kind: "images"
      /** A service that none is for is followed by the digest of the tag that the recipe names. */
      readonly rules: ReadonlyArray<ImageRule>
      /** Services that stay at what the recipe names. */
      readonly fixed: ReadonlyArray<string>
    }

export const fromTags: VersionsFrom = { kind: "tags" }
