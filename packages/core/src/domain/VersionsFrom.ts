/** The source of an app's versions. */

/** How an image is followed. */
export type Following =
  /** Tags with the form of the present one, in the order of their numbers. */
  | { readonly by: "semver" }
  /** Tags that match, in the order of their creation times. */
  | { readonly by: "glob"; readonly glob: string }
  /** The digest of a tag; null: of the tag that the recipe names. */
  | { readonly by: "digest"; readonly tag: string | null }

export interface ImageRule {
  /** null: the only service. */
  readonly service: string | null
  /** The image without a tag; null: the one that the recipe names. */
  readonly name: string | null
  readonly following: Following
}

export type VersionsFrom =
  | { readonly kind: "tags" }
  | { readonly kind: "branch"; readonly branch: string }
  | {
      readonly kind: "images"
      /** A service without a rule is followed by the digest of the tag that the recipe names. */
      readonly rules: ReadonlyArray<ImageRule>
      /** Services that keep the image that the recipe names. */
      readonly fixed: ReadonlyArray<string>
    }

export const fromTags: VersionsFrom = { kind: "tags" }
