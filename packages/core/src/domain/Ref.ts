/** A version of a recipe and the commit that it is. */
export interface Ref {
  readonly version: string
  readonly commit: string
}
