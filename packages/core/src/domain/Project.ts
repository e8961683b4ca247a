/** What a release's files come to, as its runtime reads them. */
export interface Project {
  readonly services: ReadonlyArray<{
    readonly service: string
    /** As it is written; null: it names none. */
    readonly image: string | null
  }>
  /** Absolute paths of the files that say so. */
  readonly files: ReadonlyArray<string>
  /** Absolute paths of folders that its services write to: they are not files of the recipe. */
  readonly folders: ReadonlyArray<string>
}
