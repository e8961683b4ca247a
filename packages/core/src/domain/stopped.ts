/** An app that an operator took down on purpose. Pure. */

/** When it was stopped, ISO 8601, and who it was. */
export interface Stopped {
  readonly since: string
  readonly by: string
}

/** An app that was removed. */
export interface Removed {
  /** The last snapshot. */
  readonly snapshot: string
  /** The volumes to delete, and then those that were deleted; none: its data stays. */
  readonly volumes: ReadonlyArray<string>
  /** The volumes are deleted. */
  readonly erased: boolean
}

export const stoppedText = ({ by, since }: Stopped): string => `stopped by ${by} at ${since}`
