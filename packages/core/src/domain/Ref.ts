/** A version of a recipe and its commit. */
export interface Ref {
  readonly version: string
  readonly commit: string
}
