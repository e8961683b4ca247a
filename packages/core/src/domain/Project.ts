import type { Outline } from "./Outline.ts"

/** A release as its runtime reads it. */
export interface Project {
  readonly services: ReadonlyArray<{
    readonly service: string
    /** null: it does not name an image. */
    readonly image: string | null
  }>
  /** Absolute paths of the compose files, and of the release's own env file. */
  readonly files: ReadonlyArray<string>
  /**
   * Absolute paths that are not part of the recipe: folders that its services may write to, and the operator's env files
   * and secrets.
   */
  readonly folders: ReadonlyArray<string>
  readonly outline?: Outline
}
